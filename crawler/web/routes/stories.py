"""`/cau-chuyen/ID`: a story's copies as a timeline, and a comparison of one with the source."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import RedirectResponse, Response

from crawler.render.clusters import time_of
from crawler.render.diff import compare_articles
from crawler.web.asked import ref_of
from crawler.web.page import Page
from storage.errors import NotFoundError
from storage.model.articles import Article
from storage.model.clusters import Cluster, Member

MOST = 60
"""Members that are shown."""

COMPARED = 12
"""Members, from the first on, that are compared with the source."""

_MAX_CHARS = 40_000  # of a text that is compared


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One article of a story. after: time since the source; changed: share of changed words."""

    member: Member
    at: datetime
    after: timedelta
    changed: float | None


def story(page: Page) -> Response:
    """Answer `/cau-chuyen/ID`, by the id of any of its articles. Raises NotFoundError."""
    ref = ref_of(page.path["ref"]).id
    cluster = page.reader.archive.clusters.get(ref)
    if str(cluster.id) != ref:
        return RedirectResponse(page.to(f"/cau-chuyen/{cluster.id}"), 302)
    return page.render("story.html", cluster=cluster, timeline=_timeline(page, cluster), most=MOST)


def story_comparison(page: Page) -> Response:
    """Answer `/cau-chuyen/ID/so-sanh/OTHER`: what a copy changed. Raises NotFoundError."""
    archive = page.reader.archive
    cluster = archive.clusters.get(ref_of(page.path["ref"]).id)
    other = ref_of(page.path["other"]).id
    member = next((member for member in cluster.members if str(member.id) == other), None)
    if member is None or member.is_source:
        raise NotFoundError("no such copy")
    source = archive.articles.get(str(cluster.id)).latest.article
    copy = archive.articles.get(other).latest.article
    fields = ("title", "sapo", "body", "credit")
    changes = [change for change in compare_articles(source, copy) if change.field in fields]
    return page.render(
        "story_comparison.html",
        cluster=cluster,
        source=source,
        copy=copy,
        member=member,
        changes=changes,
    )


def _timeline(page: Page, cluster: Cluster) -> list[TimelineEntry]:
    shown = cluster.members[:MOST]
    first_at = time_of(shown[0])
    texts = _texts(page, [member.id for member in shown[:COMPARED]])
    source = texts.get(cluster.id)
    found = []
    for member in shown:
        text = texts.get(member.id)
        share = (
            page.changed_share(source, text) if source and text and not member.is_source else None
        )
        at = time_of(member)
        found.append(TimelineEntry(member, at, at - first_at, share))
    return found


def _texts(page: Page, ids: list[int]) -> dict[int, Article]:
    articles = page.reader.archive.articles
    found = {}
    for id_ in ids:
        article = articles.get(str(id_)).latest.article
        if len(article.body) <= _MAX_CHARS:
            found[id_] = article
    return found
