"""What must come out of the recordings, told by the stories and by nothing that reads pages."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.recordings import epi_pages, mastercms
from tests.recordings.pages import Shown, Site
from tests.recordings.stories import Part, Story, plain

_REASONS = {"challenge": "blocked", "gone": "not_found", "video": "video"}
_TEXT = {"paragraph", "heading", "quote"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What an outlet's own site adds to a story."""

    section_names: Callable[[Site, Story], tuple[str, ...]]
    modified: Callable[[Story], str | None]
    picture_url: Callable[[str], str]
    furniture_titles: Callable[[Site, Shown], list[str]]


_FACTS = {
    "tienphong": Facts(
        epi_pages.section_names,
        epi_pages.modified,
        epi_pages.picture_url,
        epi_pages.furniture_titles,
    ),
    "laodongthudo": Facts(
        mastercms.section_names,
        mastercms.modified,
        mastercms.picture_url,
        mastercms.furniture_titles,
    ),
}


def _blocks(story: Story) -> list[dict[str, str]]:
    """Return the body's blocks. A photo story's text is in its captions."""
    blocks = []
    for part in story.parts:
        if part.kind in _TEXT:
            blocks.append({"kind": part.kind, "text": plain(part.text)})
        elif part.kind == "list":
            blocks += [{"kind": "list", "text": plain(item)} for item in part.items]
        elif part.kind == "image" and story.kind == "photo":
            blocks.append({"kind": "paragraph", "text": part.caption})
    return blocks


def _image(part: Part, url: str) -> dict[str, str | None]:
    credit = part.credit.removeprefix("Ảnh: ")
    return {"url": url, "caption": part.caption, "credit": credit or None}


def _article(site: Site, shown: Shown) -> dict[str, Any]:
    story, facts = shown.story, _FACTS[site.outlet.slug]
    blocks = _blocks(story)
    return {
        "outlet": story.outlet,
        "article_id": str(story.id),
        "title": story.title,
        "dateline": story.dateline,
        "sapo": story.sapo,
        "paragraphs": [block["text"] for block in blocks],
        "kinds": [block["kind"] for block in blocks],
        "authors": list(story.authors),
        "byline": story.byline,
        "credit": story.credit,
        "published_at": story.published.isoformat(),
        "modified_at": facts.modified(story),
        "section": list(facts.section_names(site, story)),
        "tags": list(story.tags),
        "captions": [part.caption for part in story.pictures],
        "images": [_image(part, facts.picture_url(part.file)) for part in story.pictures],
        "kind": story.kind,
        "never": facts.furniture_titles(site, shown),
    }


def _refusal(outlet: str, reason: str, kind: str) -> dict[str, str]:
    return {"outlet": outlet, "reason": reason, "kind": kind}


def expected_of(site: Site) -> dict[str, dict[str, Any]]:
    """Return a site's articles, refusals, redirects and twins in its session, each by URL."""
    found: dict[str, dict[str, Any]] = {
        "articles": {},
        "refusals": {
            special.url: _refusal(special.outlet, special.reason, special.kind)
            for special, _ in site.special_exchanges()
        },
        "redirects": {},
        "twins": {},
    }
    for shown in site.asked():
        story = shown.story
        if reason := _REASONS.get(story.answer):
            found["refusals"][shown.url] = _refusal(story.outlet, reason, story.answer)
        else:
            found["articles"][shown.url] = _article(site, shown)
        if shown.old_url:
            found["redirects"][shown.old_url] = shown.url
        if story.amp:
            found["twins"][epi_pages.amp_url(story)] = shown.url
    return found
