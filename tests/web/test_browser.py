"""Six journeys through the reader in a real browser, with axe-core and the browser's own errors.

Debian's Chromium, driven by playwright: `apt-get install chromium`.
"""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from tests.support.reading import DONG_DA, LANG, PAGE, Desk, filled, opened

CHROMIUM = shutil.which("chromium")
_FLAGS = (
    "--headless",
    "--no-sandbox",  # as root, in CI
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None and os.environ.get("TINQUAN_BROWSER") != "required",
        reason="there is no chromium here: apt-get install chromium",
    ),
]


@dataclass
class Elsewhere:
    """A port of this machine that no page may reach. reached: how many connections it saw."""

    port: int
    reached: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Elsewhere]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found = Elsewhere(listening.getsockname()[1])

        def listen() -> None:
            while True:
                try:
                    connection, address = listening.accept()
                except OSError:
                    return
                found.reached.append(str(address))
                connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield found


@pytest.fixture(scope="module")
def hostile_page(elsewhere: Elsewhere) -> str:
    """Return a page that tries in every way to send a request elsewhere."""
    there = f"http://127.0.0.1:{elsewhere.port}"
    head = (
        f"<link rel=preconnect href={there}><link rel='dns-prefetch' href={there}>"
        f"<link rel=stylesheet href={there}/a.css><link rel=prefetch href={there}/b>"
        f"<link rel=preload as=script href={there}/c.js><link rel=icon href={there}/d.ico>"
        f"<meta http-equiv=refresh content='0;url={there}/e'><base href={there}>"
        f"<style>@import url({there}/f.css);body{{background:url({there}/g.png)}}</style>"
    )
    body = (
        f"<img src={there}/h.png srcset='{there}/i.png 2x'><iframe src={there}/j></iframe>"
        f"<video src={there}/k autoplay></video><object data={there}/l></object>"
        f"<form action={there}/m><button id=send>Gửi</button></form>"
        f"<a id=out href={there}/n ping={there}/o>Ra ngoài</a>"
    )
    return PAGE.format(head=head, body=body)


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, hostile_page: str
) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("browser")
    shutil.copy(sqlite_template, folder / "tinquan.db")
    url = f"sqlite:///{folder / 'tinquan.db'}"
    found = opened(url, folder / "captures", filled(url, folder / "captures", hostile_page))
    yield found
    found.reader.archive.close()


@pytest.fixture(scope="module")
def address(desk: Desk) -> Iterator[str]:
    """Yield the URL of the reader on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(desk.app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)  # another thread: there is nothing else to wait on
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield started
        started.close()


class Visitor:
    """A user of a browser without JavaScript, who collects errors."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.asked: list[str] = []
        self.refused: list[str] = []
        page.on("request", self._note_request)
        page.on("console", self._note_message)

    def _note_request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _note_message(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.refused.append(message.text)

    def go(self, path: str) -> None:
        response = self.page.goto(self.address + path)
        assert response is not None
        assert response.status == 200

    def send(self, text: str, field: str, following: str) -> None:
        """Type into a field, press Enter and wait for the page that `following` matches."""
        self.page.locator(field).first.fill(text)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(re.compile(following))

    def check(self) -> None:
        """Run axe-core on the page; check that no request went elsewhere or was blocked."""
        found = Axe().run(self.page)
        assert found.violations_count == 0, found.generate_report()
        assert [url for url in self.asked if not url.startswith(self.address)] == []
        assert self.refused == []
        wide = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, f"{self.page.url} is wider than the screen"


@contextmanager
def visiting(
    browser: Browser, address: str, width: int = 1200, scheme: str = "light"
) -> Iterator[Visitor]:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    try:
        yield Visitor(context.new_page(), address)
    finally:
        context.close()


def test_a_journalist_finds_their_ward_in_two_steps(browser: Browser, address: str) -> None:
    with visiting(browser, address, width=360) as visitor:
        visitor.go("/")
        visitor.check()
        page = visitor.page
        page.get_by_role("link", name="Địa bàn", exact=True).click()
        visitor.check()
        visitor.send("phuong lang, ha noi", "input[name=ten]", "/dia-ban/p-lang")
        assert page.get_by_role("heading", level=1).inner_text() == "Phường Láng"
        assert page.get_by_text("Phường Láng mở đường mới").count() >= 1
        visitor.check()


def test_a_reader_sees_what_was_changed(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visitor:
        visitor.go("/thay-doi")
        visitor.check()
        page = visitor.page
        page.get_by_role("link", name="Sửa lặng lẽ").click()
        page.get_by_role("link", name="Phường Láng mở đường mới").click()
        assert "lặng lẽ" in page.locator("ins").last.inner_text()
        visitor.check()
        page.get_by_role("link", name="về bài").click()
        visitor.check()


def test_the_captured_page_is_seen_and_reaches_nobody(
    browser: Browser, address: str, desk: Desk, elsewhere: Elsewhere
) -> None:
    with visiting(browser, address) as visitor:
        visitor.go(f"/bai/{desk.ids['edited']}")
        page = visitor.page
        page.get_by_role("link", name="Bằng chứng").click()
        assert "đúng mã băm" in page.inner_text("main")
        visitor.check()
        page.get_by_role("link", name="Xem trang gốc đã lưu").click()
        frame = page.frame_locator("iframe")
        frame.get_by_role("heading", name="Trang gốc của báo").wait_for()
        frame.locator("#send").click()
        frame.locator("#out").click()
        page.wait_for_timeout(1500)  # nothing may happen: there is nothing to wait for
        inner = page.frames[1]
        assert inner.url.startswith(address) or "chrome-error" in inner.url
        assert page.title().endswith("tin quận")
        assert elsewhere.reached == []


def test_a_search_is_narrowed(browser: Browser, address: str) -> None:
    with visiting(browser, address, width=360) as visitor:
        visitor.go("/")
        page = visitor.page
        visitor.send("tin", "input[name=q]", "/tim")
        visitor.check()
        page.get_by_role("link", name="Đếm theo báo, tháng, nơi").click()
        visitor.check()
        page.get_by_role("link", name="Trang sau").click()
        assert "trang 2" in page.inner_text("main")
        page.get_by_role("link", name="English").click()
        assert page.get_by_role("heading", level=1).inner_text() == "Search the archive"
        visitor.check()


def test_a_story_is_followed_through_the_outlets(browser: Browser, address: str) -> None:
    with visiting(browser, address, scheme="dark") as visitor:
        visitor.go("/")
        visitor.check()
        page = visitor.page
        page.get_by_role("link", name="2 báo đăng").first.click()
        visitor.check()
        page.get_by_role("link", name=re.compile("số chữ|y nguyên")).first.click()
        visitor.check()
        page.get_by_role("link", name="Các báo").click()
        visitor.check()
        page.get_by_role("link", name="Tiền Phong").click()
        assert "mục im ắng" in page.inner_text("main")
        visitor.check()


def test_a_former_district_leads_to_its_map(browser: Browser, address: str) -> None:
    with visiting(browser, address, scheme="dark", width=360) as visitor:
        visitor.go(f"/dia-ban/{DONG_DA}")
        visitor.check()
        page = visitor.page
        assert page.locator(".map path").count() == 5
        page.get_by_role("link", name="thành phố Hà Nội").first.click()
        page.get_by_role("link", name="Bản đồ và bảng đầy đủ").click()
        assert page.locator(".map path").count() == 126
        visitor.check()
        page.locator(f'.map a[href="/dia-ban/{LANG}"]').click()
        assert page.get_by_role("heading", level=1).inner_text() == "Phường Láng"
        visitor.check()
