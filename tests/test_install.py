"""Installed as a wheel, in empty folders, far from the clone: what a user has.

Takes the steps of docs/operate/install.sh, which are the Containerfile's and the unit file's too,
in a new virtual environment, and without an index: the environment sees the packages that the
tests run with, so pip finds what the lock file asks for in place. No container engine takes part.
"""

import json
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crawler.render.base import LOCAL
from tests.test_outside_clone import GATE

ROOT = Path(__file__).parent.parent
NOBODY = 65534


def _may_enter(path: Path) -> bool:
    """Return whether every user may reach a path, not only its owner."""
    return all(one.stat().st_mode & 0o001 for one in (path, *path.parents))


# Without rights where the tests run as root, unless its interpreter is in its own home.
DROPS = os.geteuid() == 0 and all(
    _may_enter(Path(path).resolve()) for path in (sys.base_prefix, sysconfig.get_path("purelib"))
)
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel, and a user's empty folder."""

    venv: Path
    folder: Path

    def start(self, *words: object, **variables: str) -> subprocess.Popen[str]:
        """Start a command of the environment as a user without rights or a home."""
        command, *rest = map(str, words)
        environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}
        return subprocess.Popen(
            [str(self.venv / "bin" / command), *rest],
            cwd=self.folder,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=NOBODY if DROPS else None,
            group=NOBODY if DROPS else None,
            extra_groups=[] if DROPS else None,
        )

    def run(self, *words: object, code: int = 0, **variables: str) -> str:
        """Run a command to its end; return what it printed, and on standard error after it."""
        process = self.start(*words, **variables)
        try:
            out, errors = process.communicate(timeout=120)
        finally:
            process.kill()
        assert process.returncode == code, out + errors
        assert "Traceback" not in errors
        return out + errors

    def tinquan(self, *words: object, code: int = 0, **variables: str) -> str:
        return self.run("tinquan", *words, code=code, **variables)


@pytest.fixture(scope="module")
def venv() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tinquan-install-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        target = folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", target], check=True)
        [packages] = target.glob("lib/python*/site-packages")
        (packages / "of_the_tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
        environment = os.environ | {"PIP_NO_INDEX": "1", "PYTHON": sys.executable}
        environment.pop("PYTHONPATH", None)
        script = ROOT / "docs" / "operate" / "install.sh"
        subprocess.run(["sh", script, target], check=True, env=environment, cwd=folder)
        yield target


@pytest.fixture
def installed(venv: Path) -> Iterator[Installed]:
    with tempfile.TemporaryDirectory(prefix="tinquan-user-") as name:
        folder = Path(name)
        if DROPS:
            os.chown(folder, NOBODY, NOBODY)
        yield Installed(venv, folder)


def test_the_wheel_s_own_files_are_used(installed: Installed) -> None:
    code = "import crawler, storage; print(crawler.__file__, storage.__file__)"
    assert installed.run("python", "-c", code).count(str(installed.venv)) == 2
    listed = json.loads(installed.tinquan("outlets", "list", "--json"))
    shipped = sorted(path.stem for path in (ROOT / "config" / "outlets").glob("*.toml"))
    assert [row["slug"] for row in listed] == shipped
    assert "phường Láng" in installed.tinquan("places", "show", "quận Đống Đa")
    refused = installed.tinquan("places", "build", ".", code=2)
    assert "give --out FOLDER" in refused


def test_the_demo_runs_in_an_empty_folder(installed: Installed) -> None:
    shown = installed.tinquan("demo", "day", TINQUAN_ARCHIVE="sqlite:////nonexistent/real.db")
    assert "30 new articles and 0 revisions are in day/tinquan.db" in shown
    assert "6 new articles and 2 revisions are in day/tinquan.db" in shown
    assert "\tPhường Láng: Mỗi con ngõ một khoảng xanh\t" in shown
    again = installed.tinquan("demo", "day")
    assert again.count("nothing new: day/tinquan.db is as it was") == 2
    archive = ("--archive", "day/tinquan.db")
    assert len(json.loads(installed.tinquan(*archive, "articles", "--limit", 99, "--json"))) == 36
    assert "1 article" in installed.tinquan(*archive, "search", '"giấy dó"')
    assert "tienphong" in installed.tinquan(*archive, "runs")
    assert installed.tinquan(*archive, "export", "--output", "all.csv").startswith(
        "all.csv: 36 rows"
    )
    installed.tinquan(*archive, "archive", "check")


def test_own_outlets_and_scrapy_in_a_folder_of_one_s_own(installed: Installed) -> None:
    assert "wrote tinquan.toml" in installed.tinquan("init", "--contact", "toa-soan@example.org")
    own = installed.folder / "outlets"
    own.mkdir()
    (own / "baocong.toml").write_text(GATE)
    assert "baocong: own file" in installed.tinquan("outlets", "list")
    assert "baocong: valid" in installed.tinquan("outlets", "check", "baocong")
    listed = installed.run("python", "-m", "scrapy", "list").split()
    assert {"baocong", "tienphong"} <= set(listed)
    data = next(installed.venv.glob("lib/python*/site-packages/crawler/data/demo"))
    replay = f"TINQUAN_REPLAY={data / 'morning.warc.gz'}"
    installed.run("python", "-m", "scrapy", "crawl", "tienphong", "-s", replay)
    [row] = json.loads(installed.tinquan("runs", "--json"))
    assert (row["outlet"], row["outcome"], row["new"]) == ("tienphong", "done", 15)


def test_nothing_is_fetched_without_a_contact(installed: Installed) -> None:
    refused = installed.run(
        "python", "-m", "scrapy", "crawl", "tienphong",
        code=2, SCRAPY_SETTINGS_MODULE="crawler.settings",
    )  # fmt: skip
    assert "tinquan.toml: contact is missing: `tinquan init` makes that file" in refused
    assert installed.tinquan("schedule", code=2).startswith("tinquan: tinquan.toml: contact is")
    assert list(installed.folder.iterdir()) == []


def test_the_container_s_command_stops_cleanly(installed: Installed) -> None:
    """As the container runs it: its configuration, the schedule, the health check, SIGTERM."""
    example = (ROOT / "docs" / "operate" / "container.toml").read_text("utf-8")
    text = example.replace("# contact", "contact").replace('"/data"', f'"{installed.folder}"')
    text = text.replace("[schedule]", 'outlets = "own"\nshipped_outlets = false\n[schedule]')
    now = datetime.now(LOCAL)
    quiet = [f"{now + timedelta(hours=hours):%H:%M}" for hours in (-1, 2)]
    text += f'[schedule.cadence]\nquiet = "{"-".join(quiet)}"\n'  # nobody is visited
    (installed.folder / "container.toml").write_text(text)
    for name in ("archive", "captures", "own"):
        (installed.folder / name).mkdir()
        if DROPS:
            os.chown(installed.folder / name, NOBODY, NOBODY)
    (installed.folder / "own" / "baocong.toml").write_text(GATE)
    config = {"TINQUAN_CONFIG": "container.toml"}
    process = installed.start("tinquan", "schedule", **config)
    try:
        archive = installed.folder / "archive" / "tinquan.db"
        deadline = time.monotonic() + 60
        while not (archive.exists() and "pid" in _schedule_row(installed, config)):
            assert time.monotonic() < deadline and process.poll() is None, "it did not start"
            time.sleep(0.5)
        installed.tinquan("status", TINQUAN_CONFIG="container.toml")  # the health check: exits 0
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


def _schedule_row(installed: Installed, config: dict[str, str]) -> str:
    """Return "pid" once the schedule has logged that it is running."""
    code = (
        "from storage import open_archive\n"
        f"with open_archive('sqlite:///{installed.folder}/archive/tinquan.db', create=False,"
        " read_only=True) as archive:\n"
        "    print(*('pid' for row in archive.machines.find() if row.pid))"
    )
    process = installed.start("python", "-c", code, **config)
    out, _ = process.communicate(timeout=30)  # fails while the archive is being made
    return out


def test_the_containerfile_and_the_unit_take_these_steps() -> None:
    folder = ROOT / "docs" / "operate"
    container = (folder / "Containerfile").read_text("utf-8")
    for line in (
        "RUN sh docs/operate/install.sh /opt/tinquan",
        "USER tinquan",
        'VOLUME ["/data/archive", "/data/captures"]',
        'ENTRYPOINT ["tinquan"]\nCMD ["schedule"]',
        'CMD ["tinquan", "status"]',
    ):
        assert line in container
    assert "docs/operate/install.sh /opt/tinquan" in (folder / "tinquan.service").read_text("utf-8")
    kept = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    for needed in ("docs/operate/install.sh", "requirements.lock", "config", "docs/demo"):
        assert f"!{needed}" in kept
