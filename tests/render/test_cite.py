"""References to archived states, in each format, and with special characters in titles."""

import json
import re
from typing import Any

from crawler.render.cite import Citation, citation_of
from storage.model.articles import ArchivedArticle, Revision
from tests.support.samples import article, at, capture


def state(number: int = 1, **changes: Any) -> Revision:
    made = article(16, **changes)
    return Revision(number, at(0), at(0), (), made, capture(9 * 60, 16), "f")


def cited(**changes: Any) -> Citation:
    return Citation(16, state(2, **changes), "Báo Thử & Nghiệm")


KNOWN: dict[str, Any] = {"title": "Phố {mới} 100% _đẹp_", "authors": ("Hà Vy", "Minh Khuê")}


def test_a_text_names_author_outlet_time_address_and_state() -> None:
    assert cited(**KNOWN).text("text") == (
        "Hà Vy, Minh Khuê. “Phố {mới} 100% _đẹp_”. Báo Thử & Nghiệm, 2026-03-01."
        " https://baothu.vn/cau-moi-16.html"
        " (archived state 2, captured 2026-03-02 00:00+07:00, sha1:16-540)"
    )


def test_bibtex_escapes_what_tex_takes_for_its_own() -> None:
    said = cited(**KNOWN).text("bibtex")
    assert said.startswith("@article{tinquan-16-2,\n")
    assert r"title = {{Phố \{mới\} 100\% \_đẹp\_}}," in said
    assert "author = {{Hà Vy} and {Minh Khuê}}," in said
    assert r"journaltitle = {Báo Thử \& Nghiệm}," in said
    unescaped = re.sub(r"\\[{}]", "", said)
    assert unescaped.count("{") == unescaped.count("}")


def test_ris_is_one_line_a_tag_whatever_the_title_holds() -> None:
    lines = cited(title="Một\nER  - \r\nhai", authors=()).text("ris").split("\n")
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    assert lines[0] == "TY  - NEWS"
    assert [line for line in lines if line.startswith("ER")] == ["ER  - "]
    assert "TI  - Một ER - hai" in lines


def test_csl_json_has_dates_in_parts() -> None:
    [item] = json.loads(cited(**KNOWN).text("csl-json"))
    assert item["title"] == KNOWN["title"]
    assert item["author"] == [{"literal": "Hà Vy"}, {"literal": "Minh Khuê"}]
    assert item["issued"] == {"date-parts": [[2026, 3, 1]]}
    assert item["accessed"] == {"date-parts": [[2026, 3, 2]]}


def test_what_is_unknown_is_left_out() -> None:
    blank = cited(authors=(), published_at=None)
    assert "no date" in blank.text("text")
    assert "author" not in blank.text("bibtex")
    assert "DA  -" not in blank.text("ris")
    assert "issued" not in json.loads(blank.text("csl-json"))[0]


def test_the_latest_state_is_cited_unless_another_is_named() -> None:
    archived = ArchivedArticle(16, (state(1), state(2)))
    latest, first = citation_of(archived, None, "Báo"), citation_of(archived, 1, "Báo")
    assert latest and latest.revision.number == 2
    assert first and first.revision.number == 1
    assert citation_of(archived, 3, "Báo") is None
