"""One request to the reader: its language, links and templates."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from time import thread_time
from typing import Any, cast
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from crawler.render.diff import changed_share
from crawler.web.messages import alarm_text, note_text, place_note_text
from crawler.web.names import FIELDS
from crawler.web.reader import Reader
from crawler.web.words import Code, Language, cut
from storage.model.articles import Article
from storage.model.search import Snippet

# Bidirectional marks and control characters, which a title may contain; tabs and line ends stay.
_INVISIBLE = dict.fromkeys(
    (*range(9), 11, 12, *range(14, 32), *range(127, 160), 0x061C, 0x200E, 0x200F,
     *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)  # fmt: skip
COMPARING_SECONDS = 0.5
"""CPU seconds after which a page begins no further comparison; one may take a second."""

STATIC = Path(__file__).parent / "static"


@lru_cache(maxsize=1)
def stylesheet() -> tuple[str, bytes]:
    """Return the stylesheet's path, which has a hash of its content, and its content."""
    data = (STATIC / "reader.css").read_bytes()
    return f"/reader.{hashlib.sha256(data).hexdigest()[:12]}.css", data


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("crawler.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_strip_invisible,
    )
    environment.filters["cut"] = cut
    for function in (alarm_text, note_text, place_note_text):
        environment.globals[function.__name__] = function
    return environment


def _strip_invisible(value: Any) -> Any:
    """Return a text without characters that are invisible or reorder the text around them."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return value.translate(_INVISIBLE)
    return value


def compile_templates() -> None:
    """Compile all templates in advance, so that no request waits for it."""
    for name in _templates().list_templates(extensions=["html"]):
        _templates().get_template(name)


class Page:
    """One request. values: of its query string."""

    def __init__(self, reader: Reader, request: Request) -> None:
        self.reader = reader
        self.path: dict[str, str] = request.path_params
        self.values: Mapping[str, str] = request.query_params
        self.at = f"/{request.url.path.lstrip('/')}"  # a link to "//name" would leave this host
        self.site = reader.base_url or f"http://{request.headers.get('host', '')}"
        self._compared = 0.0  # CPU seconds
        self.left_out = False  # whether a comparison was skipped, for want of time
        code = "en" if self.values.get("lang") == "en" else "vi"
        self.language = Language(cast("Code", code))

    @cached_property
    def now(self) -> datetime:
        """The current time, the same for the whole page."""
        return self.reader.now()

    @cached_property
    def outlets(self) -> list[tuple[str, str]]:
        """The outlets that a form offers: slug and name, sorted by name."""
        known = self.reader.archive.articles.newest_by_outlet(self.now)
        named = ((slug, self.reader.outlet_name(slug)) for slug in known)
        return sorted(named, key=lambda pair: pair[1])

    def changed_share(self, before: Article, after: Article) -> float | None:
        """Return the share of words that differ; None if the page's time for it is used up."""
        if self._compared > COMPARING_SECONDS:
            self.left_out = True
            return None
        begun = thread_time()
        share = changed_share(before, after)
        self._compared += thread_time() - begun
        return share

    @staticmethod
    def is_web(url: str) -> bool:
        """Return whether a URL may be a link; that of an imported article may be any text."""
        return url.startswith(("http://", "https://"))

    def field(self, name: str) -> str:
        """Return the label of a field of an article."""
        return self.language.words(FIELDS[name]) if name in FIELDS else name

    def fields(self, names: Iterable[str]) -> str:
        """Return the labels of some fields, each once."""
        return ", ".join(dict.fromkeys(map(self.field, names)))

    def period(self, text: str) -> str:
        """Return a day ("2026-09-14") or month ("2026-09") in the page's language."""
        return (
            self.language.month(text)
            if len(text) == 7
            else self.language.day(date.fromisoformat(text))
        )

    def place_name(self, identity: str) -> str:
        """Return a unit's name; its id if the gazetteer has no such unit."""
        unit = self.reader.gazetteer.units.get(identity)
        return unit.full_name if unit else identity

    def pieces(self, snippet: Snippet) -> list[tuple[str, bool]]:
        """Return a snippet as pieces, each with whether it is a match."""
        found: list[tuple[str, bool]] = []
        at = 0
        for start, end in snippet.marks:
            found += [(snippet.text[at:start], False), (snippet.text[start:end], True)]
            at = end
        return [*found, (snippet.text[at:], False)]

    def to(self, path: str, **values: object) -> str:
        """Return a link within the reader, in the same language, without empty values."""
        given = {key.rstrip("_"): value for key, value in values.items() if value}
        if self.language.code == "en":
            given.setdefault("lang", "en")
        query = urlencode(given, doseq=True)
        address = self.reader.prefix + quote(path, safe="/@.,-")
        return f"{address}?{query}" if query else address

    def here(self, **changes: object) -> str:
        """Return a link to this page with changed values."""
        return self.to(self.at, **({**self.values, **changes}))

    def other_language(self) -> str:
        """Return a link to this page in the other language."""
        given = {key: value for key, value in self.values.items() if key != "lang" and value}
        if self.language.code == "vi":
            given["lang"] = "en"
        address = self.reader.prefix + quote(self.at, safe="/@.,-")
        return f"{address}?{urlencode(given)}" if given else address

    def render(
        self,
        template: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """Return a template rendered with the values."""
        language = self.language
        text = (
            _templates()
            .get_template(template)
            .render(
                page=self,
                _=language.words,
                to=self.to,
                lang=language,
                outlet_name=self.reader.outlet_name,
                stylesheet=self.reader.prefix + stylesheet()[0],
                **values,
            )
        )
        return HTMLResponse(text, status, headers and dict(headers))
