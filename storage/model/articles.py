"""Articles, refusals, captures, revisions, and the queries for them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from storage.model.places import Confidence, Tags
from storage.model.readings import Reading

BlockKind = Literal["paragraph", "heading", "quote", "list"]
ArticleKind = Literal["text", "photo", "video", "longform"]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of an article's body; `text` has no line break."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its URL (not the placeholder of lazy loading), caption and photo credit."""

    url: str
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """How a page became an article.

    `path` says where the text was extracted from: "subtree" (the family's container) or "page"
    (trafilatura on the whole page). `version` is the version of the extraction code.
    """

    family: str
    layout: str
    path: str
    version: int


@dataclass(frozen=True, slots=True)
class Article:
    """The extracted content of a page. Identity is `outlet` with `article_id`, else with `url`.

    article_id: the outlet's own id, as text. url: canonical URL.
    dateline: prefix of the lead, such as "TPO"; sapo: the lead without it.
    byline: the author line as printed; authors: the names in it.
    credit: agency or outlet that the text is taken from.
    published_raw: the publication time as printed; published_rule: the rule that read it.
    section: path of section names, outermost first. notes: warnings for readers, such as "short"
    for a suspiciously short text.
    """

    outlet: str
    url: str
    title: str
    blocks: tuple[Block, ...]
    extraction: Extraction
    article_id: str | None = None
    dateline: str | None = None
    sapo: str | None = None
    authors: tuple[str, ...] = ()
    byline: str | None = None
    credit: str | None = None
    published_at: datetime | None = None
    modified_at: datetime | None = None
    published_raw: str | None = None
    published_rule: str | None = None
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    kind: ArticleKind = "text"
    language: str = "vi"
    notes: tuple[str, ...] = ()

    @property
    def body(self) -> str:
        """The texts of the blocks, joined by newlines."""
        return "\n".join(block.text for block in self.blocks)


class RefusalReason(StrEnum):
    """Why a page is not stored as an article."""

    BLOCKED = "blocked"  # a challenge or block page came instead
    EMPTY = "empty"  # an article's shell without a body
    NOT_ARTICLE = "not_article"  # listing, event, tag, home page
    NOT_FOUND = "not_found"  # 404, 410, or a page that says so with status 200
    MOVED = "moved"  # only redirects to another address
    LIVE = "live"  # reported live and still being written
    VIDEO = "video"  # a player without text
    PAYWALL = "paywall"
    TOO_LARGE = "too_large"  # over the guard's limits
    MALFORMED = "malformed"  # not HTML, or nothing a parser can read
    FUTURE_DATE = "future_date"  # its publication time is later than its capture
    HTTP_ERROR = "http_error"  # any other status that is not success
    REDIRECT_LOOP = "redirect_loop"  # redirects without end, as a cookie wall does
    TIMEOUT = "timeout"  # extraction took longer than its limit
    CRASH = "crash"  # extraction failed or killed its process
    REDACTED = "redacted"  # taken down on request; never stored again

    @property
    def is_final(self) -> bool:
        """True where the address must never be requested again."""
        return self is RefusalReason.REDACTED

    @property
    def can_settle(self) -> bool:
        """True where two attempts at least a day apart that both end in it stop the requests.

        A single attempt never does: a maintenance page with status 200 is no article either, and
        a listing may name a story before its page is up.
        """
        return self not in _PASSING


_PASSING = frozenset(
    {
        RefusalReason.BLOCKED,
        RefusalReason.HTTP_ERROR,
        RefusalReason.TIMEOUT,
        RefusalReason.CRASH,
        RefusalReason.EMPTY,
        RefusalReason.FUTURE_DATE,  # valid once that time has passed
        RefusalReason.LIVE,
        RefusalReason.REDIRECT_LOOP,
    }
)

FAILURES = frozenset({RefusalReason.CRASH, RefusalReason.TIMEOUT})
"""Failures of the extraction code; the page may still be an article."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A page that is not an article: the reason, and the evidence for it.

    version: of the extraction code that read the page; 0 where none did.
    """

    outlet: str
    url: str
    reason: RefusalReason
    evidence: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Capture:
    """One recorded response: its URL, time and status, and where its WARC record is.

    warc_file: path below the captures folder, or absolute if it is elsewhere.
    warc_offset: bytes from the start of that file to the record.
    digest: the record's payload digest, "sha1:…" in base 32.
    """

    url: str
    captured_at: datetime
    status: int
    warc_file: str
    warc_offset: int
    record_id: str
    digest: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A capture and the article or refusal extracted from it, to be stored.

    aliases: further URLs that led to this page (redirects, AMP); they count as seen too.
    tags: the article's places; None for a refusal, and for an article not tagged yet.
    is_final: of a refusal, True where no further attempt is made: the outlet says permanently that
    there is no article (410, 301), or its family knows that the URL is of another kind of page.
    """

    capture: Capture
    result: Article | Refusal
    aliases: tuple[str, ...] = ()
    tags: Tags | None = None
    is_final: bool = False


class Verdict(StrEnum):
    """What the archive did with a capture's article or refusal."""

    NEW = "new"
    REVISED = "revised"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    KNOWN = "known"  # this capture is already stored; nothing was written


@dataclass(frozen=True, slots=True)
class Stored:
    """The result of storing one capture. `id` is the article's short id, if any.

    copy_of: short id of the source of which a new article is a copy.
    apart_from: short id of an article with the same outlet id or URL, with which the page was not
    merged because their texts have nothing in common.
    """

    verdict: Verdict
    id: int | None = None
    copy_of: int | None = None
    apart_from: int | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of an article's content.

    number: 1 for the earliest state, by the time of capture.
    first_seen_at, last_seen_at: times of the first and last capture of this state.
    changed: names of the fields that differ from the state before; empty for the first.
    tags: the places that it names; None where it has not been tagged.
    readings: the readings of its first capture, earliest first; the last one is `article`.
    maybe_reextraction: True where a change of the extraction code, not of the outlet, may have made
    this state: different versions read it and the state before. Re-extracting both with one version
    decides.
    """

    number: int
    first_seen_at: datetime
    last_seen_at: datetime
    changed: tuple[str, ...]
    article: Article
    capture: Capture
    fingerprint: str
    tags: Tags | None = None
    readings: tuple[Reading, ...] = ()
    maybe_reextraction: bool = False


@dataclass(frozen=True, slots=True)
class ArchivedArticle:
    """An article in the archive: `id` is its short id, `revisions` its states, earliest first.

    removed_at: when its page was first not found after its last capture; None while it is up.
    """

    id: int
    revisions: tuple[Revision, ...]
    removed_at: datetime | None = None

    @property
    def latest(self) -> Revision:
        """The newest state."""
        return self.revisions[-1]


@dataclass(frozen=True, slots=True)
class RefusalQuery:
    """A query for refusals, newest capture first.

    since, until: bounds on the time of capture, inclusive and exclusive. outlets, reasons: match
    any of these; empty matches all.
    """

    outlets: tuple[str, ...] = ()
    reasons: tuple[RefusalReason, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ArticleQuery:
    """A query for articles, newest first. `since` is inclusive, `until` exclusive; both compare
    the publication time, or the time of the first capture where a page gives none.

    places: ids of units; matches articles whose latest state is about any of them (primary).
    about: "certain" excludes likely matches, in `places` and in counts of places.
    offset: how many of the newest to skip.
    removed: only articles whose page is gone (`ArchivedArticle.removed_at`).
    arrived_after: a short id; only articles that were first stored after that one.
    without_copies: only the source of each cluster, its earliest known publication.
    """

    outlets: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    limit: int | None = None
    offset: int = 0
    removed: bool = False
    about: Confidence = "likely"
    arrived_after: int = 0
    without_copies: bool = False
