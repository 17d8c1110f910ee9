"""A reference to a state of an article: as text, BibTeX, RIS and CSL JSON. Pure."""

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from crawler.render.base import LOCAL
from storage.model.articles import ArchivedArticle, Revision

CitationFormat = Literal["text", "bibtex", "ris", "csl-json"]
_TEX = {
    **{char: f"\\{char}" for char in "#$%&_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_TEX_CHARS = re.compile(r"[#$%&_{}\\~^]")


@dataclass(frozen=True, slots=True)
class Citation:
    """One state of an article, with the article's short id and the outlet's name."""

    id: int
    revision: Revision
    outlet_name: str

    def text(self, form: CitationFormat) -> str:
        """Return the reference in one of the formats, without a final newline."""
        makers = {"bibtex": self._bibtex, "ris": self._ris, "csl-json": self._csl}
        return makers.get(form, self._plain)()

    @property
    def _key(self) -> str:
        return f"tinquan-{self.id}-{self.revision.number}"

    @property
    def _published(self) -> date | None:
        at = self.revision.article.published_at
        return at.astimezone(LOCAL).date() if at else None

    @property
    def _captured(self) -> date:
        return self.revision.capture.captured_at.astimezone(LOCAL).date()

    @property
    def _evidence(self) -> str:
        """The state's number, time and digest, by which others can verify the quotation."""
        capture = self.revision.capture
        captured = capture.captured_at.astimezone(LOCAL).isoformat(sep=" ", timespec="minutes")
        return f"archived state {self.revision.number}, captured {captured}, {capture.digest}"

    def _plain(self) -> str:
        article = self.revision.article
        published = self._published.isoformat() if self._published else "no date"
        by = f"{', '.join(article.authors)}. " if article.authors else ""
        where = f"{self.outlet_name}, {published}. {article.url}"
        return _line(f"{by}“{article.title}”. {where} ({self._evidence})")

    def _bibtex(self) -> str:
        article = self.revision.article
        fields = {
            "author": " and ".join(f"{{{_tex(name)}}}" for name in article.authors),
            "title": f"{{{_tex(article.title)}}}",
            "journaltitle": _tex(self.outlet_name),
            "date": self._published.isoformat() if self._published else "",
            "url": _line(article.url).replace("{", "%7B").replace("}", "%7D"),
            "urldate": self._captured.isoformat(),
            "note": _tex(self._evidence),
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join((f"@article{{{self._key},", *lines, "}"))

    def _ris(self) -> str:
        article = self.revision.article
        rows = [("TY", "NEWS"), ("ID", self._key)]
        rows += [("AU", name) for name in article.authors]
        rows += [("TI", article.title), ("T2", self.outlet_name)]
        rows += [("DA", f"{self._published:%Y/%m/%d}")] if self._published else []
        rows += [("UR", article.url), ("Y2", f"{self._captured:%Y/%m/%d}"), ("N1", self._evidence)]
        return "\n".join(f"{tag}  - {_line(value)}" for tag, value in (*rows, ("ER", "")))

    def _csl(self) -> str:
        article = self.revision.article
        item = {
            "id": self._key,
            "type": "article-newspaper",
            "title": article.title,
            "author": [{"literal": name} for name in article.authors],
            "container-title": self.outlet_name,
            "URL": article.url,
            "accessed": _date_parts(self._captured),
            "note": self._evidence,
            "language": article.language,
        }
        if self._published:
            item["issued"] = _date_parts(self._published)
        return json.dumps([item], ensure_ascii=False, indent=2)


def citation_of(archived: ArchivedArticle, number: int | None, outlet_name: str) -> Citation | None:
    """Return the reference to a state, by default the latest; None if there is no such state."""
    wanted = number or len(archived.revisions)
    for revision in archived.revisions:
        if revision.number == wanted:
            return Citation(archived.id, revision, outlet_name)
    return None


def _date_parts(day: date) -> dict[str, list[list[int]]]:
    return {"date-parts": [[day.year, day.month, day.day]]}


def _line(text: str) -> str:
    return " ".join(text.split())


def _tex(text: str) -> str:
    return _TEX_CHARS.sub(lambda found: _TEX[found[0]], _line(text))
