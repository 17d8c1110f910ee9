"""An S3 bucket of moto for tests, as the object store of captures."""

import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import obstore
import pytest
from obstore.store import ObjectStore, from_url

from crawler.capture.objects.files import CaptureFiles
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from obstore import GetOptions

PYTHON = ROOT / ".venv-s3" / "bin" / "python"
PREFIX = "tin"


@dataclass(frozen=True)
class S3:
    """A bucket for one test. address: of the server."""

    address: str
    bucket: str

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/{PREFIX}"

    def files(self, folder: Path) -> CaptureFiles:
        return CaptureFiles(folder, self.url)

    def mode(self, name: str) -> None:
        """Set how the store answers; see `s3_server`."""
        self._send("GET", f"--mode/{name}")

    def asked(self) -> list[str]:
        """Return the requests that the store received since the last call."""
        return self._send("GET", "--asked").decode().splitlines()

    @property
    def client(self) -> ObjectStore:
        """The library's own client."""
        return from_url(self.url, client_options={"allow_http": True})

    def names(self) -> list[str]:
        return sorted(file["path"] for part in obstore.list(self.client) for file in part)

    def put(self, name: str, data: bytes) -> None:
        obstore.put(self.client, name, data)

    def delete(self, name: str) -> None:
        obstore.delete(self.client, name)

    def get(self, name: str, version: str | None = None) -> bytes:
        options: GetOptions = {"version": version} if version else {}
        return bytes(obstore.get(self.client, name, options=options).bytes())

    def keep_versions(self) -> None:
        status = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        self._send("PUT", f"{self.bucket}/?versioning", status.encode())

    def _send(self, method: str, path: str, data: bytes | None = None) -> bytes:
        request = Request(
            f"{self.address}/{path}", data, {"Content-Type": "text/xml"}, method=method
        )
        with urlopen(request, timeout=30) as answer:
            found: bytes = answer.read()
        return found


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Yield the address of an S3 server on the loopback."""
    if not PYTHON.exists():
        pytest.skip("moto is not installed: make .venv-s3/installed")
    script = Path(__file__).with_name("s3_server.py")
    words = [str(PYTHON), str(script)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.kill()


@pytest.fixture
def s3(
    s3_address: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[S3]:
    """Yield an empty bucket; the environment has the keys for it."""
    bucket = f"b{zlib.crc32(request.node.nodeid.encode()):08x}"
    for name, value in (
        ("AWS_ENDPOINT_URL", s3_address),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ):
        monkeypatch.setenv(name, value)
    store = S3(s3_address, bucket)
    store._send("PUT", bucket)
    store.asked()
    yield store
    store.mode("up")
