"""From what arrived to a page in the reader's language. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from crawler.render.diff import changed_share, share_text
from crawler.watch.quotes import Span, changed_lines, sentence_with
from crawler.watch.trust import Health, local_time, names, trust_lines
from crawler.watch.watches import WatchOrder
from crawler.watch.words import COUNTED, HEADINGS, TEXTS, Words
from storage.model.articles import ArchivedArticle
from storage.model.watches import TOPICS, ArrivedEdit, Digest, Report, Story, Topic

_CHANGED_LINES = 3  # of an edit
_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]"
)


def visible(text: str) -> str:
    """Return a text without control characters, and without marks that turn its direction."""
    return _HIDDEN.sub("", text)


def one_line(text: str) -> str:
    """Return a visible text without line breaks."""
    return " ".join(visible(" ".join(text.split())).split())


def web_address(url: str) -> str:
    """Return an address that can be linked to; nothing for one of another kind, or malformed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_plain = url == one_line(url) and not set(url) & set(' "<>`')
    return url if parts.scheme in ("http", "https") and parts.netloc and is_plain else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One article. facts: outlet, time and the like. lines: what it says, or what changed in it.

    links: further ones, by what they are called.
    """

    title: str
    url: str
    facts: tuple[str, ...]
    lines: tuple[tuple[Span, ...], ...] = ()
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A topic. rest: what is said of those that are not shown."""

    heading: str
    entries: tuple[Entry, ...]
    rest: str = ""


@dataclass(frozen=True, slots=True)
class DigestPage:
    """A digest. notes: said first. trust: how far it can be believed. language: of its texts."""

    subject: str
    intro: str
    notes: tuple[str, ...]
    sections: tuple[Section, ...]
    trust: tuple[str, ...]
    footer: str
    language: str


@dataclass(frozen=True, slots=True)
class Entries:
    """Makes entries. reader: the address of an article in the archive's pages, with {id}."""

    language: str
    reader: str = ""

    @property
    def _said(self) -> Words:
        return TEXTS[self.language]

    def story(self, story: Story) -> Entry:
        """Return new articles of one story."""
        facts = [*self._facts(story.article)]
        outlets = story.cluster.outlets
        if len(outlets) > 1:
            carried = self._said["carried"].format(count=len(outlets), outlets=names(outlets))
            facts.append(carried)
        quote = sentence_with(story.article.latest.article, story.marks)
        return self._entry(story.article, facts, (quote,) if quote else ())

    def edit(self, arrived: ArrivedEdit) -> Entry:
        """Return an edit, with the words that changed."""
        edit = arrived.edit
        before, after = edit.before.article, edit.after.article
        edited = self._said["edited"].format(time=self._time(edit.after.first_seen_at))
        share = self._said["share"].format(share=share_text(changed_share(before, after)))
        facts = [after.outlet, edited, share]
        if edit.is_stealth:
            facts.append(self._said["stealth"])
        lines = changed_lines(before, after, _CHANGED_LINES)
        return Entry(
            one_line(after.title), web_address(after.url), tuple(facts), lines, self._links(edit.id)
        )

    def removed(self, found: ArchivedArticle) -> Entry:
        """Return an article whose page is gone."""
        gone = self._said["gone"].format(
            time=self._time(found.removed_at or found.latest.last_seen_at)
        )
        return self._entry(found, [*self._facts(found), gone])

    def _entry(
        self, found: ArchivedArticle, facts: list[str], lines: tuple[tuple[Span, ...], ...] = ()
    ) -> Entry:
        article = found.latest.article
        url = web_address(article.url)
        return Entry(one_line(article.title), url, tuple(facts), lines, self._links(found.id))

    def _facts(self, found: ArchivedArticle) -> tuple[str, str]:
        article = found.latest.article
        if article.published_at is None:
            first = self._time(found.revisions[0].first_seen_at)
            return article.outlet, self._said["undated"].format(time=first)
        published = self._time(article.published_at)
        return article.outlet, self._said["published"].format(time=published)

    def _links(self, id_: int) -> tuple[tuple[str, str], ...]:
        return (
            ((self._said["archive"], self.reader.replace("{id}", str(id_))),) if self.reader else ()
        )

    def _time(self, moment: datetime) -> str:
        return local_time(moment, self.language)


def digest_page(
    digest: Digest,
    report: Report,
    order: WatchOrder,
    health: Health,
    reader: str,
    *,
    unconfirmed: bool = False,
) -> DigestPage:
    """Return a digest as it is read. unconfirmed: it may have been sent before."""
    watch = order.watch
    said = TEXTS[watch.language]
    times = {
        "since": local_time(digest.since, watch.language),
        "until": local_time(digest.made_at, watch.language),
    }
    return DigestPage(
        subject=subject_of(watch.name, report, watch.language),
        intro=said["intro"].format(**times),
        notes=(said["unconfirmed"],) if unconfirmed else (),
        sections=tuple(_sections(report, Entries(watch.language, reader))),
        trust=trust_lines(health, watch.outlets, digest.since, watch.language),
        footer=said["footer"].format(name=watch.name),
        language=watch.language,
    )


def counts_of(report: Report) -> dict[Topic, int]:
    """Return how many there are of each topic."""
    return {
        "new": report.new_count,
        "copies": report.copies_count,
        "edits": report.edits_count,
        "removed": report.removed_count,
    }


def subject_of(name: str, report: Report, language: str) -> str:
    """Return a subject: counts, and no word of any article."""
    forms = COUNTED[language]
    counts = ((topic, counts_of(report)[topic]) for topic in TOPICS)
    told = [forms[topic][count > 1].format(count) for topic, count in counts if count]
    return f"[tinquan] {name}: {', '.join(told) or TEXTS[language]['nothing']}"


def _sections(report: Report, entries: Entries) -> list[Section]:
    said, headings = TEXTS[entries.language], HEADINGS[entries.language]
    shown: dict[Topic, tuple[Entry, ...]] = {
        "new": tuple(map(entries.story, report.new)),
        "copies": tuple(map(entries.story, report.copies)),
        "edits": tuple(map(entries.edit, report.edits)),
        "removed": tuple(map(entries.removed, report.removed)),
    }
    sections = []
    for topic in TOPICS:
        if shown[topic]:
            left = counts_of(report)[topic] - len(shown[topic])
            rest = said["rest"].format(count=left) if left else ""
            sections.append(Section(headings[topic], shown[topic], rest))
    return sections
