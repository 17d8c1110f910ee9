"""What becomes of links, and when a crawl stops asking for further pages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from crawler.discover import Link, LinkSource
from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.fetch.spiders.listings.frontier import Frontier, LinkState, Pagination
from crawler.fetch.spiders.plan import Plan
from crawler.outlets.model import load_outlets
from crawler.shipped import shipped
from storage.model.links import Looks

EPI = load_outlets(shipped("outlets"), FAMILY_NAMES)["tienphong"]
FAMILY = FAMILIES["epi"]
NOW = datetime(2026, 9, 15, tzinfo=UTC)


def link(number: int, date: datetime | None = None, source: LinkSource = "listing") -> Link:
    return Link(f"https://tienphong.vn/a-post{number}.tpo", source, date)


def frontier(known: set[int] | None = None, **plan: object) -> Frontier:
    stored = {link(number).url for number in known or set()}
    scope = Plan(EPI.sections, **plan)  # type: ignore[arg-type] # names of the class's own fields
    return Frontier(FAMILY, scope, lambda urls: stored & set(urls), lambda ids: set())


def states(front: Frontier, *links: Link) -> list[LinkState]:
    return [item.state for item in front.schedule(links)]


def test_a_story_is_asked_once_and_remembers_its_ways() -> None:
    front = frontier({3})
    assert states(front, link(1, source="feed"), link(3)) == [LinkState.REQUEST, LinkState.KNOWN]
    twin = Link("https://m.tienphong.vn/new-slug-post1.amp?utm_source=x", "api")
    assert states(front, twin, link(1), link(1)) == [LinkState.DUPLICATE] * 3
    assert front.sources == {"1": ["feed", "api", "listing"]}
    assert front.addresses == {
        "1": {link(1).url, "https://tienphong.vn/new-slug-post1.amp"},
        "3": {link(3).url},
    }
    assert (front.discovered, front.requested) == (2, 1)


def test_recrawl_asks_for_what_is_known_but_never_for_what_was_taken_down() -> None:
    taken_down = {link(4).url}
    front = Frontier(
        FAMILY,
        Plan(EPI.sections, recrawl=True),
        lambda urls: taken_down & set(urls),
        set,  # all are stored
    )
    assert states(front, link(3), link(4)) == [LinkState.REQUEST, LinkState.KNOWN]


def test_a_story_known_by_its_id_needs_no_request_under_another_slug() -> None:
    front = Frontier(FAMILY, Plan(EPI.sections), lambda urls: set(), lambda ids: {ids[0]})
    assert states(front, link(3), link(4)) == [LinkState.KNOWN, LinkState.REQUEST]


def test_the_window_and_the_limit() -> None:
    day = timedelta(days=1)
    front = frontier(since=NOW - day, until=NOW, limit=3)
    assert states(
        front,
        link(1, NOW - 2 * day),
        link(2, NOW),
        link(3, NOW, "sitemap"),  # may be the time of a later change
        link(4, NOW - day),
        link(5),
        link(6),
    ) == [
        LinkState.OLD,
        LinkState.LATE,
        LinkState.REQUEST,
        LinkState.REQUEST,
        LinkState.REQUEST,
        LinkState.OVER_LIMIT,
    ]
    assert front.is_full


def pages(
    front: Frontier, pagination: Pagination, page: Callable[[int], list[Link]], most: int = 50
) -> int:
    """Return how many pages are asked for before the chain ends."""
    for number in range(most):
        if not pagination.should_continue(front.schedule(tuple(page(number)))):
            return number + 1
    return most


def of_ten(number: int) -> list[Link]:
    return [link(number * 10 + n) for n in range(10)]


def test_paging_ends_at_the_cap_and_where_pages_repeat() -> None:
    assert pages(frontier(), Pagination(None, True, cap=7), of_ten) == 7
    assert pages(frontier(), Pagination(None, True, cap=40), lambda n: of_ten(min(n, 3))) == 5
    turning = [of_ten(0), of_ten(1), [*of_ten(0)[:3], link(999)]]
    assert pages(frontier(), Pagination(None, True, cap=40), lambda n: turning[min(n, 2)]) == 3


def test_known_articles_end_paging_only_in_a_row_and_only_after_a_whole_run() -> None:
    pinned = frontier({0, 10, 20})
    assert pages(pinned, Pagination(None, True, cap=9), of_ten) == 9
    caught_up = set(range(15, 100))
    assert pages(frontier(caught_up), Pagination(None, True, cap=9), of_ten) == 3
    assert pages(frontier(caught_up), Pagination(None, False, cap=9), of_ten) == 9


def test_what_this_run_met_elsewhere_does_not_end_paging() -> None:
    front = frontier()
    front.schedule(tuple(link(n, source="feed") for n in range(30)))
    assert pages(front, Pagination(None, True, cap=9), of_ten) == 9


def test_a_window_ends_paging_by_dates_and_by_what_articles_turn_out_to_be() -> None:
    since = NOW - timedelta(hours=25)

    def dated(number: int) -> list[Link]:
        return [link(number * 10 + n, NOW - timedelta(hours=number * 10 + n)) for n in range(10)]

    assert pages(frontier(since=since), Pagination(since, True, cap=99), dated) == 4
    pagination = Pagination(since, True, cap=99)
    front = frontier(since=since)
    assert pagination.should_continue(front.schedule(tuple(of_ten(0))))
    for _ in range(5):
        pagination.note_date(since - timedelta(days=1))
    assert not pagination.should_continue(front.schedule(tuple(of_ten(1))))


def test_the_limit_ends_paging() -> None:
    assert pages(frontier(limit=15), Pagination(None, True, cap=9), of_ten) == 2


MOST_READ = [link(900 + n) for n in range(5)]


def between(before: list[Link], after: list[Link], number: int) -> list[Link]:
    return [*before, *of_ten(number), *after]


def test_a_box_of_known_links_does_not_end_paging() -> None:
    known = {900 + n for n in range(5)} | set(range(40, 200))
    for before, after in ((MOST_READ, []), ([], MOST_READ), (MOST_READ[:3], MOST_READ[3:])):
        front = frontier(known)
        boxed = partial(between, before, after)
        asked = pages(front, Pagination(None, True, cap=40), boxed)
        assert (asked, front.requested) == (5, 40), "every new story, and one page of known ones"


def test_new_stories_that_the_feed_has_named_count_as_new() -> None:
    front = frontier({900 + n for n in range(5)} | set(range(30, 200)))
    front.schedule(tuple(link(n, source="feed") for n in range(10)))
    assert pages(front, Pagination(None, True, cap=40), lambda n: [*of_ten(n), *MOST_READ]) == 4
    assert front.requested == 30


def test_one_unknown_link_among_known_ones_goes_on() -> None:
    front = frontier(set(range(100)) - {7, 13})
    assert pages(front, Pagination(None, True, cap=40), of_ten) == 3
    assert front.requested == 2


def test_a_new_story_pinned_to_every_page_does_not_go_on_for_ever() -> None:
    front = frontier(set(range(100)))
    pinned = link(500)
    assert pages(front, Pagination(None, True, cap=40), lambda n: [*of_ten(n), pinned]) == 2


def test_what_waits_to_be_asked_again_is_no_news() -> None:
    day = Looks(NOW - timedelta(days=1), NOW - timedelta(hours=1))
    front = frontier(set(range(100)) - set(range(8, 100, 10)))
    front.looks = lambda urls: dict.fromkeys(urls, day)
    front.is_due = lambda looks: looks.is_due(NOW)
    assert pages(front, Pagination(None, True, cap=40), of_ten) == 1
    assert front.requested == 0
