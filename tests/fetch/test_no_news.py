"""What a crawl that finds nothing new does not do: load, start or record anything."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.page.times import utc_now
from tests.support.site import Answer, LocalSite
from tests.support.sites import FEED, PAGE, SECTION, Desk, epi_site, last_run

PARSERS = {"trafilatura", "crawler.extract.article", "crawler.extract.worker"}
PLACES = {"crawler.places", "crawler.places.tag_articles", "ahocorasick_rs"}
STORING = {"storage.sql.ingest.batch", "alembic"}


def note_modules(desk: Desk) -> Callable[[], list[set[str]]]:
    """Let every Python process of the desk's crawls say in its end what it had loaded.

    Return what gives that, a set a process, and forgets it.
    """
    (desk.folder / "sitecustomize.py").write_text(
        "import atexit, json, os, pathlib, sys\n"
        "def note():\n"
        f"    file = pathlib.Path({str(desk.folder)!r}) / f'loaded-{{os.getpid()}}'\n"
        "    file.write_text(json.dumps([*sys.modules]))\n"
        "atexit.register(note)\n"
    )

    def taken() -> list[set[str]]:
        files = [*desk.folder.glob("loaded-*")]
        found = [set(json.loads(file.read_text())) for file in files]
        for file in files:
            file.unlink()
        return found

    return taken


def with_etags(site: LocalSite) -> None:
    for address in (FEED, PAGE):
        whole = site.routes[address]
        assert isinstance(whole, Answer)
        tagged = replace(whole, headers={"ETag": '"1"'})

        def answer(headers: dict[str, str], tagged: Answer = tagged) -> Answer:
            return Answer(status=304) if headers.get("if-none-match") == '"1"' else tagged

        site.routes[address] = answer


@pytest.mark.parametrize("is_conditional", [True, False])
def test_no_news_loads_starts_and_records_nothing(
    desk: Desk, site: LocalSite, is_conditional: bool
) -> None:
    epi_site(site, count=4, page=4)
    if is_conditional:
        with_etags(site)
    for _ in range(2):  # the second is the first that trusts what is known
        desk.crawl("tienphong", SECTION)
    recorded = desk.warcs()
    loaded = note_modules(desk)
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert last_run(desk).counts.signals["unchanged_listings"] == 2
    [modules] = loaded()
    assert modules & (PARSERS | PLACES | STORING) == set()
    assert desk.warcs() == recorded, "one record of this day is enough"


def test_the_first_look_of_a_day_is_recorded(desk: Desk, site: LocalSite) -> None:
    epi_site(site, count=4, page=4)
    desk.crawl("tienphong", SECTION)
    before = desk.warcs()
    for file in before:  # as if all of it were of yesterday
        file.rename(file.with_name(file.name.replace(f"{utc_now():%Y}", "2020", 1)))
    desk.crawl("tienphong", SECTION)
    assert len(desk.warcs()) == len(before) + 1
    desk.crawl("tienphong", SECTION)
    assert len(desk.warcs()) == len(before) + 1


def test_news_is_recorded_with_the_listings_that_led_to_it(desk: Desk, site: LocalSite) -> None:
    stories = epi_site(site, count=4, page=4)
    desk.crawl("tienphong", SECTION)
    known = len(desk.warcs())
    route = site.routes[PAGE]
    assert isinstance(route, Answer)
    news = stories[0].epi_url.replace(str(stories[0].number), "1999999")
    page = site.routes[stories[0].epi_url.removeprefix("https://")]
    site.routes[news.removeprefix("https://")] = page
    text = route.body if isinstance(route.body, str) else route.body.decode()
    site.routes[PAGE] = Answer(text.replace(stories[1].epi_url, news))
    code, errors = desk.crawl("tienphong", SECTION)
    assert code == 0, errors
    assert len(desk.warcs()) == known + 1
    asked = len(site.asked)
    replay = Path(desk.folder / "replayed")
    replay.mkdir()
    again = Desk(replay)
    code, errors = again.crawl(
        "tienphong", SECTION, TINQUAN_REPLAY=json.dumps([*map(str, desk.warcs()[-1:])])
    )
    assert len(site.asked) == asked
    assert last_run(again).counts.new == 1
