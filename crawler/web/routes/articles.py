"""`/bai/ID`: an article in one of its states, their comparison word by word, and references."""

from typing import get_args
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from crawler.render.base import LOCAL
from crawler.render.cite import Citation, CitationFormat, citation_of
from crawler.render.diff import compare_articles
from crawler.web.asked import ref_of
from crawler.web.page import Page
from crawler.web.rows import units_of
from storage.errors import NotFoundError
from storage.model.articles import ArchivedArticle, Revision

FILES = {"bibtex": "bib", "ris": "ris", "csl-json": "json"}
_TYPES = {
    "bibtex": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl-json": "application/vnd.citationstyles.csl+json",
}


def article(page: Page) -> Response:
    """Answer `/bai/ID` and `/bai/ID@N`. Raises NotFoundError."""
    archived, state = found_article(page)
    if str(archived.id) != ref_of(page.path["ref"]).id:  # it was merged into another article
        return RedirectResponse(page.to(f"/bai/{archived.id}"), 301)
    citation = _citation(page, archived, state)
    cluster = page.reader.archive.clusters.get(str(archived.id))
    return page.render(
        "article.html",
        id=archived.id,
        state=state,
        article=state.article,
        states=archived.revisions,
        removed_at=archived.removed_at,
        is_latest=state is archived.latest,
        places=units_of(state, page.reader.gazetteer),
        sure={score.unit: score.confidence for score in state.tags.scores} if state.tags else {},
        cluster=cluster if len(cluster.members) > 1 else None,
        citation=citation.text("text"),
        published=_published(state),
        context_object=_context_object(page, state),
        forms=FILES,
    )


def reference(page: Page) -> Response:
    """Answer `/bai/ID/trich-dan/FORMAT`: the reference as a file. Raises NotFoundError."""
    form = page.path["form"]
    if form not in FILES:
        raise NotFoundError("no such format")
    archived, state = found_article(page)
    text = _citation(page, archived, state).text(_form(form))
    name = f"tinquan-{archived.id}-{state.number}.{FILES[form]}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text + "\n", media_type=_TYPES[form], headers=headers)


def comparison(page: Page) -> Response:
    """Answer `/bai/ID/so-sanh/A/B`. Raises NotFoundError."""
    archived, _ = found_article(page)
    before = state_of(archived, page.path["before"])
    after = state_of(archived, page.path["after"])
    return page.render(
        "comparison.html",
        id=archived.id,
        before=before,
        after=after,
        changes=compare_articles(before.article, after.article),
        states=archived.revisions,
    )


def found_article(page: Page) -> tuple[ArchivedArticle, Revision]:
    """Return the article of the path, and its state; the latest if none is given.

    Raises NotFoundError, for a redacted article the same as for an unknown one.
    """
    ref = ref_of(page.path["ref"])
    archived = page.reader.archive.articles.get(ref.id)
    number = str(len(archived.revisions) if ref.state is None else ref.state)
    return archived, state_of(archived, number)


def state_of(archived: ArchivedArticle, number: str) -> Revision:
    """Return a state by its number. Raises NotFoundError."""
    for revision in archived.revisions:
        if str(revision.number) == number:
            return revision
    raise NotFoundError("no such state")


def _citation(page: Page, archived: ArchivedArticle, state: Revision) -> Citation:
    name = page.reader.outlet_name(state.article.outlet)
    found = citation_of(archived, state.number, name)
    if found is None:
        raise NotFoundError("no such state")
    return found


def _form(name: str) -> CitationFormat:
    return next(form for form in get_args(CitationFormat) if form == name)


def _published(state: Revision) -> str:
    at = state.article.published_at
    return f"{at.astimezone(LOCAL):%Y-%m-%d}" if at else ""


def _context_object(page: Page, state: Revision) -> str:
    """Return the reference as COinS, which reference managers read, with Zotero's types."""
    article = state.article
    pairs = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc"),
        ("rft.type", "newspaperArticle"),
        ("rft.title", article.title[:1000]),
        ("rft.source", page.reader.outlet_name(article.outlet)),
        ("rft.date", _published(state)),
        ("rft.identifier", article.url),
        ("rft.language", article.language),
        *(("rft.creator", name) for name in article.authors),
    ]
    return urlencode([(key, value) for key, value in pairs if value])
