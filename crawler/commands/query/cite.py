"""`tinquan cite`: print a reference to a state of an article."""

from typing import Annotated

import typer

from crawler.commands import options
from crawler.commands.common import MAX_COUNT, outlets_of, reading_of, say
from crawler.commands.query.revisions import no_state_text
from crawler.config.config import Config
from crawler.render.cite import CitationFormat, citation_of
from storage.errors import ConfigError, UsageError


def cite(
    *,
    ref: options.Ref,
    state: Annotated[
        int | None, typer.Option(min=1, max=MAX_COUNT, help="Which state; by default the latest.")
    ] = None,
    form: Annotated[
        CitationFormat, typer.Option("--format", help="Form of the reference.")
    ] = "text",
    setup: options.Setup,
) -> None:
    """Print the reference to an article: author, outlet, time, address, and the archived state."""
    settings = setup.load()
    with reading_of(settings) as opened:
        archived = opened.articles.get(ref)
    name = _outlet_name(settings, archived.latest.article.outlet)
    citation = citation_of(archived, state, name)
    if citation is None:
        raise UsageError(f"--state: {no_state_text(archived, state)}")
    say(citation.text(form))


def _outlet_name(settings: Config, slug: str) -> str:
    """Return an outlet's name; its slug if it has no readable file."""
    try:
        outlet = outlets_of(settings).get(slug)
    except ConfigError:
        return slug
    return outlet.name if outlet else slug
