"""The nouns of articles: what a page says, how it was recorded, and what became of it."""

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
    """One block of an article's body, in reading order; `text` holds no line break."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """One picture: its real address behind lazy loading, caption and photo credit."""

    url: str
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """How a page became an article.

    `path` says which way the text took: "subtree" (the family's container) or "page"
    (trafilatura on the whole page). `version` numbers our extraction code.
    """

    family: str
    layout: str
    path: str
    version: int


@dataclass(frozen=True, slots=True)
class Article:
    """What one page says, extracted. Identity is `outlet` with `article_id`, else with `url`.

    article_id: the outlet's own id, as text. url: canonical URL.
    dateline: prefix of the lead, such as "TPO"; sapo: the lead without it.
    byline: the author line as printed; authors: the names in it.
    credit: agency or outlet that the text is taken from.
    section: path of section names, outermost first. notes: marks that a reader must see, such as
    "short" for a text under a sane length.
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
        """The blocks' texts joined by one newline."""
        return "\n".join(block.text for block in self.blocks)


class RefusalReason(StrEnum):
    """Why a page is not stored as an article."""

    BLOCKED = "blocked"  # a challenge or block page came instead
    EMPTY = "empty"  # an article's shell without a body
    NOT_ARTICLE = "not_article"  # listing, event, tag, home page
    NOT_FOUND = "not_found"  # 404, 410, or a page that says so with status 200
    MOVED = "moved"  # only sends on to another address
    LIVE = "live"  # reported live and still being written
    VIDEO = "video"  # a player without text
    PAYWALL = "paywall"
    TOO_LARGE = "too_large"  # over the guard's limits
    MALFORMED = "malformed"  # not HTML, or nothing a parser can read
    FUTURE_DATE = "future_date"  # says it is published after it was captured
    HTTP_ERROR = "http_error"  # any other status that is not success
    REDIRECT_LOOP = "redirect_loop"  # sends on without end, as a cookie wall does
    TIMEOUT = "timeout"  # extraction took longer than its limit
    CRASH = "crash"  # extraction failed or killed its process
    REDACTED = "redacted"  # taken down on request; never stored again

    @property
    def is_final(self) -> bool:
        """True where nobody may ask again, whatever is there now."""
        return self is RefusalReason.REDACTED

    @property
    def can_settle(self) -> bool:
        """True where looks at least a day apart that agree on it end the asking.

        One look never does: a page of maintenance with status 200 looks like no article too, and
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
        RefusalReason.FUTURE_DATE,  # its time will come
        RefusalReason.LIVE,
        RefusalReason.REDIRECT_LOOP,
    }
)

FAILURES = frozenset({RefusalReason.CRASH, RefusalReason.TIMEOUT})
"""Failures of our code, which say nothing of the page: it may be an article."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A page that is no article: why, and what on the page shows it.

    version: of our extraction code that read the page; 0 where none did.
    """

    outlet: str
    url: str
    reason: RefusalReason
    evidence: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Capture:
    """One recorded response: what was asked, when it came, and where its WARC record lies.

    warc_file: path below the captures folder, or absolute where it lies elsewhere.
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
    """A capture with what it held, on its way into the archive.

    aliases: further URLs that led to this page (redirects, AMP); they count as seen too.
    tags: what the article says of places, if somebody looked; a refusal has none.
    is_final: of a refusal, True where this one look gives the address up: the outlet has said for
    good that it holds no article (410, 301), or its family knows the address as another page's.
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
    KNOWN = "known"  # this very capture was stored before; nothing was written


@dataclass(frozen=True, slots=True)
class Stored:
    """The archive's answer to one stored capture. `id` is the article's short id, if any.

    copy_of: short id of the source that a new article was found to be a copy of.
    apart_from: short id of the article that the page's outlet id or URL names, and that it was
    not joined to because their texts have nothing in common.
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
    tags: what it says of places; None where it has not been tagged.
    readings: how its first capture was read, earliest reading first; the last one is `article`.
    maybe_reextraction: True where our code may be what changed, not the outlet: this state and the
    one before were read by different versions of it. Reading both again by one version settles it.
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
    """Which refusals are wanted, newest capture first.

    since, until: bounds on the time of capture, inclusive and exclusive. outlets, reasons: any of
    these, where there are any.
    """

    outlets: tuple[str, ...] = ()
    reasons: tuple[RefusalReason, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ArticleQuery:
    """Which articles are wanted. `since` is inclusive, `until` exclusive, on publication time
    (the first capture's time where a page gives none). Newest first.

    places: ids of units; wanted are articles whose latest state is about any of them (primary).
    about: "certain" leaves out the likely ones; it narrows `places` and counts of places.
    offset: so many of the newest are left out.
    removed: only articles whose page is gone (`ArchivedArticle.removed_at`).
    arrived_after: a short id; only articles that the archive learned of after that one.
    without_copies: of each story only its source, the earliest publication that is known.
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
