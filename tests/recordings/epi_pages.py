"""Tiền Phong's pages: articles and what stands in their place."""

import hashlib
from collections.abc import Iterator
from functools import partial
from typing import Any

from jinja2 import Environment

from crawler.outlets.model import Section
from tests.recordings.exchange import Exchange
from tests.recordings.pages import (
    Card,
    Shown,
    Site,
    environment,
    linked,
    load_site,
    summary,
)
from tests.recordings.stories import Session, Story, slugify

HOST = "https://tienphong.vn"
MAIN = "nhip-song-thu-do"  # the section that the others of Hà Nội belong to
_TOP = "xa-hoi"


def image_url(file: str, size: str) -> str:
    """Return a picture's address on the outlet's own host, one folder a size."""
    folder = hashlib.sha256(size.encode()).hexdigest()
    return f"https://cdn.tienphong.vn/images/{folder}/{file}.avif"


def picture_url(file: str) -> str:
    """Return a body picture's real address, which lazy loading hides in `data-src`."""
    return image_url(file, "body")


def _number(file: str) -> int:
    return 6_500_000 + int(hashlib.sha256(file.encode()).hexdigest()[:4], 16)


def _address(story: Story, slug: str) -> str:
    return f"{HOST}/{slug}-post{story.id}.tpo"


def amp_url(story: Story) -> str:
    """Return the address of a story's AMP copy."""
    return f"{HOST}/{story.slug}-post{story.id}.amp"


def load(session: Session) -> Site:
    """Return the site in a session."""
    return load_site("tienphong", session, _address)


def section_names(site: Site, story: Story) -> tuple[str, ...]:
    """Return the names of a story's sections, outermost first."""
    names = [_main(site, story).name]
    if story.section not in {MAIN, _TOP}:
        names.append(site.outlet.section(story.section).name)
    return tuple(names)


def _main(site: Site, story: Story) -> Section:
    return site.outlet.section(_TOP if story.section == _TOP else MAIN)


def templates(site: Site) -> Environment:
    """Return the family's templates, their links made from the site's stories."""

    def anchor(number: int, words: str) -> str:
        url = site.get(number).url
        return f'<a href="{url}" target="_blank" class="cms-relate">{words}</a>'

    env = environment("epi", image_url=image_url, card_of=lambda number: site.get(number).card())
    env.globals["menu"] = site.raw["menu"]
    env.filters["inline"] = partial(linked, anchor=anchor)
    env.filters["number"] = _number
    return env


def page_values(url: str, title: str, main: Section, **more: Any) -> dict[str, Any]:
    """Return what every page's head and header need."""
    base = {
        "url": url,
        "title": title,
        "summary": title,
        "keywords": "Hà Nội,Thủ đô",
        "type": 2,
        "object_id": main.zone,
        "zone": main.zone,
        "body_class": "category-page",
        "main_path": main.path,
        "main_name": main.name,
        "feed": main.feed,
    }
    return base | more


def headlines(site: Site, name: str) -> list[Card]:
    """Return cards of other sections' stories, which nobody has recorded."""
    return [
        Card(
            id=1_875_600 + number,
            title=title,
            url=f"{HOST}/{slugify(title)}-post{1_875_600 + number}.tpo",
            image=f"{name}-{number}.jpg",
        )
        for number, title in enumerate(site.raw["headlines"][name], start=1)
    ]


def _boxes(site: Site) -> list[tuple[str, str, list[Card]]]:
    return [
        ("Xã hội", "/xa-hoi/", headlines(site, "xa-hoi")[:1]),
        ("Kinh tế", "/kinh-te/", headlines(site, "kinh-te")[:1]),
    ]


def furniture(site: Site, shown: Shown) -> dict[str, Any]:
    """Return the cards around an article: related, same section, most read, other sections."""
    story = shown.story
    others = site.others(story)
    start = story.id % 5
    return {
        "related": others[start : start + 1],
        "same": others[start + 1 : start + 4],
        "hot": others[:3],
        "boxes": _boxes(site),
    }


def furniture_titles(site: Site, shown: Shown) -> list[str]:
    """Return the words around and between an article's text that are none of it."""
    around = furniture(site, shown)
    cards = [*around["related"], *around["same"], *around["hot"]]
    cards += [site.get(number).card() for part in shown.story.parts for number in part.ids]
    boxes = [card.title for _, _, row in around["boxes"] for card in row]
    words = ["MỚI - NÓNG", "Xem thêm", "Cùng chuyên mục", "copy link", "lượt xem"]
    alts = [f"{shown.story.title} ảnh 1"] if shown.story.pictures else []
    return list(dict.fromkeys([*words, *alts, *(card.title for card in cards), *boxes]))


def modified(story: Story) -> str:
    """Return the time of change that the page gives; an untouched page repeats publication."""
    return (story.modified or story.published).isoformat()


def _article_page(site: Site, shown: Shown) -> dict[str, Any]:
    story = shown.story
    return page_values(
        shown.url,
        story.title,
        _main(site, story),
        summary=summary(story),
        keywords=",".join(story.tags),
        type=1,
        object_id=story.id,
        body_class="detail-page",
        sections=section_names(site, story),
        author=story.byline or "",
        modified=story.modified or story.published,
        image=shown.card().image,
        amp_url=amp_url(story),
        views=site.views(story),
    )


def missing(site: Site, env: Environment, url: str) -> str:
    """Return the page that says there is none."""
    title = "Không tìm thấy trang | Báo điện tử Tiền Phong"
    page = page_values(url, title, site.outlet.section(MAIN), body_class="error-page")
    return env.get_template("epi/missing.html.j2").render(page=page, hot=site.others(None)[:4])


def _challenge(env: Environment, url: str) -> Exchange:
    ray = hashlib.sha256(url.encode()).hexdigest()[:16]
    body = env.get_template("epi/challenge.html.j2").render(host="tienphong.vn", ray=ray)
    extra = (("CF-RAY", f"{ray}-HAN"), ("cf-mitigated", "challenge"))
    return Exchange(url, body, 403, server="cloudflare", extra=extra)


def article(site: Site, env: Environment, shown: Shown) -> Iterator[Exchange]:
    """Yield what a story's addresses answer: its own, its AMP copy's, its old one's."""
    story = shown.story
    values = {"page": _article_page(site, shown), "story": story} | furniture(site, shown)
    if story.answer == "challenge":
        yield _challenge(env, shown.url)
    elif story.answer == "gone":
        yield Exchange(shown.url, missing(site, env, shown.url), 410)
    else:
        name = "video" if story.answer == "video" else "article"
        body = env.get_template(f"epi/{name}.html.j2").render(values)
        yield Exchange(shown.url, body, packed=story.id % 2 == 0)
    if story.amp:
        yield Exchange(amp_url(story), env.get_template("epi/amp.html.j2").render(values))
    if shown.old_url:
        yield Exchange(shown.old_url, status=301, extra=(("Location", shown.url),))
