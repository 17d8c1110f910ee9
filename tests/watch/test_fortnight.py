"""Two weeks of arrivals, faults and crashes: every watch delivers everything exactly once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import pytest

from storage.archive import Archive
from storage.model.articles import Article, Block, Capture, Refusal, RefusalReason
from storage.model.places import Score, Tags
from storage.model.runs import Run
from storage.model.watches import ArrivalCursor, Arrivals, Digest, Look
from tests.support.samples import T0, article
from tests.support.stories import OUTLETS, sentence, story
from tests.support.tagging import UNITS
from tests.support.watching import Desk, Inbox, Killed, order

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.slow
PLACE = UNITS[0].id
WATCHES = {
    one.watch.name: one
    for one in (
        order(
            "từ", words="metro", to=["desk", "phone"], tell=["new", "copies", "edits", "removed"]
        ),
        order("nơi", places=[PLACE], to=["desk"], when="at once"),
        order("báo", outlets=["baohai"], to=["phone"], when="hourly", tell=["new", "removed"]),
    )
}


@dataclass(frozen=True)
class Event:
    """Something that the archive learns. after: the time since the first watch's first look."""

    after: timedelta
    number: int
    kind: str  # new, edit, touch, removed
    captured: timedelta  # how long before it is learned


@dataclass
class World:
    """Articles of four outlets; every third is about the place, every second has the word."""

    archive: Archive
    runs: int = 0
    ids: dict[int, int] = field(default_factory=dict)
    learned: dict[int, datetime] = field(default_factory=dict)

    def article(self, number: int, kind: str) -> Article:
        lines = story(source_of(number))
        if kind == "edit":
            lines = (*lines[:-2], "Một đoạn khác hẳn, do toà soạn viết lại sau đó vài giờ.")
        if kind == "touch":
            lines = (lines[0] + " Nay.", *lines[1:])
        lead = "Về tuyến metro mới." if says_word(number) else "Về chợ đêm."
        outlet = OUTLETS[number % len(OUTLETS)]
        return article(
            number,
            outlet=outlet,
            url=f"https://{outlet}.vn/tin-{number}.html",
            title=sentence(Random(source_of(number)), 6),
            sapo=lead,
            blocks=tuple(Block("paragraph", line) for line in lines),
            published_at=T0 - (number % 40) * DAY,
        )

    def learn(self, event: Event, now: datetime) -> None:
        found = self.article(event.number, event.kind)
        result: Article | Refusal = found
        if event.kind == "removed":
            result = Refusal(found.outlet, found.url, RefusalReason.NOT_FOUND, "404")
        self.runs += 1
        self.archive.runs.start(Run(f"r{self.runs}", found.outlet, now, replay=True))
        mark = f"{event.number}-{event.kind}"
        seen = Capture(
            found.url, now - event.captured, 200, "a.warc.gz", 1, f"<urn:{mark}>", f"sha1:{mark}"
        )
        about = Tags("v1", (), (Score(PLACE, 1.0, "certain"),) if at_place(event.number) else ())
        tags = about if isinstance(result, Article) else None
        stored = self.archive.articles.store(f"r{self.runs}", seen, result, tags=tags)
        if event.kind == "new":
            assert stored.id is not None
            self.ids[event.number] = stored.id


def source_of(number: int) -> int:
    """Return the number of the article's text: one in five copies the article before it."""
    return number - 1 if number % 5 == 4 else number


def says_word(number: int) -> bool:
    return source_of(number) % 2 == 0


def at_place(number: int) -> bool:
    return number % 3 == 0


def events(random: Random) -> Iterator[Event]:
    for number in range(50):
        learned = timedelta(minutes=random.randrange(30, 12 * 1440))
        yield Event(learned, number, "new", random.choice([timedelta(0), 3 * DAY]))
        for kind, share in (("touch", 0.2), ("edit", 0.3), ("removed", 0.2)):
            if random.random() < share:
                learned += timedelta(minutes=random.randrange(30, 1000))
                yield Event(learned, number, kind, timedelta(0))


def wanted_by(name: str, number: int) -> bool:
    return {
        "từ": says_word(number),
        "nơi": at_place(number),
        "báo": OUTLETS[number % len(OUTLETS)] == "baohai",
    }[name]


def told(digests: list[Digest], topic: str) -> Counter[object]:
    return Counter(one for digest in digests for one in getattr(digest.arrivals, topic))


def test_each_watch_is_told_everything_once(gazetteer: Archive) -> None:
    random = Random(1)
    world = World(gazetteer)
    desk = Desk(gazetteer, WATCHES, {"desk": Inbox(), "phone": Inbox()})
    coming = sorted(events(random), key=lambda one: one.after)
    learned = [one.number for one in coming if one.kind == "new"]
    desk.run(T0)
    crashes = 0
    for step in range(1, 15 * 8):
        now = T0 + step * 3 * HOUR
        while coming and T0 + coming[0].after <= now:
            world.learn(coming.pop(0), now)
        if step == 20:
            desk.channels["phone"].refuses = 2
        if step == 33:
            desk.channels["desk"].kills = 1
        try:
            desk.run(now, delivers=step % 13 != 0)
        except Killed:
            crashes += 1
    assert crashes == 1
    assert not coming
    assert not gazetteer.watches.open_deliveries()
    for name in WATCHES:
        digests = gazetteer.watches.digests(name, 1000)
        expected = {world.ids[number] for number in learned if wanted_by(name, number)}
        _check_stories(gazetteer, digests, expected, copies=name == "từ")
    _check_changes(gazetteer, world)
    _check_messages(gazetteer, desk)


def _check_stories(
    archive: Archive, digests: list[Digest], expected: set[int], *, copies: bool
) -> None:
    """Every article is reported once, and one article of each story as new."""
    new, again = told(digests, "new"), told(digests, "copies")
    assert set((new + again).values()) == {1}
    missing = expected - set(new) - set(again)
    assert set(new) | set(again) <= expected
    stories = {archive.clusters.get(str(id_)).id: id_ for id_ in expected}
    by_digest = [
        {archive.clusters.get(str(id_)).id for id_ in digest.arrivals.new} for digest in digests
    ]
    assert Counter(one for found in by_digest for one in found) == dict.fromkeys(stories, 1)
    if copies:
        assert again
        assert not missing
    else:  # it did not ask for copies of what it was told
        assert {archive.clusters.get(str(id_)).id for id_ in missing} <= set(stories)


def _check_changes(archive: Archive, world: World) -> None:
    everything = list(world.ids.values())
    of_word = archive.watches.digests("từ", 1000)
    edits, removed = told(of_word, "edits"), told(of_word, "removed")
    assert set(edits.values()) == set(removed.values()) == {1}
    large, gone = set(), set()
    for id_ in everything:
        found = archive.articles.get(str(id_))
        if not says_word(int(found.latest.article.article_id or 0)):
            continue
        large |= {
            (id_, state.number)
            for state in found.revisions[1:]
            if any("hẳn" in block.text for block in state.article.blocks)
        }
        gone |= {id_} if found.removed_at else set()
    assert set(edits) == large
    assert set(removed) == gone


def _check_messages(archive: Archive, desk: Desk) -> None:
    """Every digest reached every channel once; an interrupted one again, with a note."""
    digests = [one for name in WATCHES for one in archive.watches.digests(name, 1000)]
    owed = Counter(channel for one in digests for channel in WATCHES[one.watch].watch.to)
    note = "có thể đã được gửi một lần"
    repeated = [one for one in desk.channels["desk"].got if note in one.text]
    assert len(repeated) == 1
    assert len(desk.channels["desk"].got) == owed["desk"] + 1
    assert len(desk.channels["phone"].got) == owed["phone"]
    assert desk.channels["phone"].asked == owed["phone"] + 2
    first = next(
        one
        for one in desk.channels["desk"].got
        if one is not repeated[0] and one.text in repeated[0].text
    )
    assert first.title == repeated[0].title


def test_what_is_owed_to_nobody_any_more_is_given_up(gazetteer: Archive) -> None:
    look = Look("gone", T0, T0, ArrivalCursor(), Arrivals(new=(1,)), ("desk",))
    gazetteer.watches.record([look])
    desk = Desk(gazetteer, WATCHES, {"desk": Inbox()})
    desk.run(T0 + DAY)
    assert gazetteer.watches.open_deliveries()[0].due_at == T0
    desk.run(T0 + 8 * DAY)
    assert gazetteer.watches.open_deliveries()[0].due_at is None
