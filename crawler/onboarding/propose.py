"""Propose an outlet file from one page of a site: its family, sections and feeds. Pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from crawler.extract import extract
from crawler.families import FAMILIES, GENERIC
from crawler.families.base import Family
from crawler.onboarding.navigation import NewSection, links_of, sections_of
from crawler.page.response import Page
from crawler.page.urls import article_id, bare_host, host_of, is_on
from storage.model.articles import Article, Refusal

# Strings of a platform's pages, section pages included, in addition to its articles' marks.
_ASSETS = {
    "epi": ("epicdn.me", "cmsConfig"),
    "onecms": (".1cdn.vn/", "c-news-detail"),
    "mastercms": ("MASTERCMS", "__MB_"),
    "vccorp": ("mediacdn.vn", "hdZoneId"),
}
# The families' forms of sitemap paths; docs/add-an-outlet.md gives the sources.
_SITEMAPS = {
    "epi": ("month", "/sitemaps/news-{year}-{month}.xml"),
    "onecms": ("index", "/sitemap.xml"),
    "mastercms": ("index", "/sitemap.xml"),
    "vccorp": ("index", "/sitemap.xml"),
}
_MIN_STORIES = 3  # article links in a family's form that a page needs to be taken for its


@dataclass(frozen=True, slots=True)
class OutletProposal:
    """A proposed outlet, as read from one page. why: what the family was recognized by."""

    slug: str
    name: str
    host: str
    family: Family
    why: str
    sections: tuple[NewSection, ...]
    datelines: tuple[str, ...] = ()


def propose(page: Page, slug: str) -> OutletProposal:
    """Return a proposal for the outlet of a page, which may be an article or a section."""
    host = bare_host(host_of(page.url) or "")
    tree = LexborHTMLParser(page.body)
    result = extract(page, None)
    family, why = detect_family(page, tree, result, host)
    return OutletProposal(
        slug=slug,
        name=_name(tree, host),
        host=host,
        family=family,
        why=why,
        sections=sections_of(page, tree, family, host),
        datelines=(result.dateline,) if isinstance(result, Article) and result.dateline else (),
    )


def detect_family(
    page: Page, tree: LexborHTMLParser, result: Article | Refusal, host: str
) -> tuple[Family, str]:
    """Return the family of a page, and what it was recognized by.

    An article's container decides. Otherwise the family with the most links in the form of its
    articles does, those with a mark on the page first. The platforms of `_ASSETS` need a mark; a
    CMS of one outlet is tried on its own hosts only.
    """
    if isinstance(result, Article) and result.extraction.family != GENERIC.name:
        family = FAMILIES[result.extraction.family]
        return family, f"its container of the text ({result.extraction.layout})"
    text = page.body.decode("utf-8", "replace")
    links = [url for url in links_of(tree, page.url, "a[href]") if is_on(url, (host,))]
    best, why, most = GENERIC, "no family's marks are on the page", 0
    for family in FAMILIES.values():
        if family is GENERIC or (family.hosts and not host.endswith(family.hosts)):
            continue
        candidates = (*family.marks, *_ASSETS.get(family.name, ()))
        marks = [mark for mark in candidates if mark in text]
        stories = len({id_ for url in links if (id_ := article_id(url, family))})
        if stories < _MIN_STORIES or (family.name in _ASSETS and not marks):
            continue  # the URLs of shared platforms alone are like those of many others
        score = stories + 1_000 * bool(marks)
        if score > most:
            best, most = family, score
            shown = f"{marks[0]!r} and " if marks else ""
            why = f"{shown}{stories} links in the form of its articles"
    return best, why


def _name(tree: LexborHTMLParser, host: str) -> str:
    node = tree.css_first("meta[property='og:site_name']")
    given = (node.attributes.get("content") or "").strip() if node else ""
    title = tree.css_first("title")
    # "A headline | Báo Cần Thơ": the last part is the outlet's name, or as good as it.
    last = re.split(r"\s[|–-]\s", " ".join((title.text() if title else "").split()))[1:]
    return " ".join(given.split())[:60] or (last[-1] if last and len(last[-1]) <= 40 else host)


def toml_of(proposal: OutletProposal) -> str:
    """Return the text of the outlet file, with comments and `confidence` on what is uncertain."""
    lines = [
        f"name = {_quoted(proposal.name)}",
        f"family = {_quoted(proposal.family.name)} # known by {proposal.why}",
        'status = "active"',
    ]
    if proposal.datelines:
        lines.append(f"datelines = [{', '.join(map(_quoted, proposal.datelines))}]")
    lines += ['confidence = "low" # proposed from one page; nobody has confirmed it', ""]
    lines += ["[[domains]]", f"host = {_quoted(proposal.host)}", ""]
    for section in proposal.sections:
        lines += [*_section_lines(section), ""]
    if sitemap := _SITEMAPS.get(proposal.family.name):
        lines += ["[sitemap]", f'period = "{sitemap[0]}"', f'template = "{sitemap[1]}"']
        lines += ['confidence = "low" # the form of its family', ""]
    return "\n".join(lines)


def _section_lines(section: NewSection) -> Iterator[str]:
    yield "[[sections]]"
    yield f"slug = {_quoted(section.slug)}"
    yield f"name = {_quoted(section.name)}"
    yield f"path = {_quoted(section.path)}"
    if section.zone:
        yield f"zone = {section.zone}"
    if section.feed:
        yield f"feed = {_quoted(section.feed)}"
    elif section.likely:
        yield f"# feed = {_quoted(section.likely)} # the form of its family; not seen on the page"
    if section.hanoi:
        yield "hanoi = true"
    if section.above:
        yield f"crawl = false # {section.above} lists its articles too, as a rule"
    yield 'confidence = "low"'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def to_confirm(proposal: OutletProposal, file: str) -> list[str]:
    """Return what a person must confirm about the outlet in `file`, one line each."""
    host = proposal.host
    lines = [
        f"{file}: the family is {proposal.family.name}, known by {proposal.why}",
        f"its name is {proposal.name!r}; the hosts it published on before {host}, with their years",
        "sections: " + ", ".join(f"{item.name} ({item.path})" for item in proposal.sections),
        "which sections are mostly about Hà Nội (hanoi) or districts (district); what goes out",
    ]
    likely = [section.likely for section in proposal.sections if section.likely]
    if likely:
        lines.append(f"whether feeds answer at {likely[0]} and so on; else section pages suffice")
    if proposal.family.name in _SITEMAPS:
        lines.append(f"whether https://{host}{_SITEMAPS[proposal.family.name][1]} answers")
    return lines
