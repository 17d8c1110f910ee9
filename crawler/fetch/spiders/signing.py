"""What a listing's answer says of the outlet's health."""

from crawler.discover import Found
from crawler.fetch.spiders.failures import Failed
from crawler.fetch.spiders.steps import Step
from crawler.health.run_recorder import RunKeeper
from crawler.health.signals import Sign, sign_of_refused
from storage.model.articles import Refusal


def note_listing(keeper: RunKeeper, step: Step, found: Found) -> None:
    """Count a listing that answered, and the times that it shows."""
    keeper.discovered()
    keeper.sign(Sign.LISTINGS, step.url)
    if not (found.links or found.children) and step.can_be_conditional:
        keeper.sign(Sign.NO_LINKS, step.url)
    if step.section:
        for link in found.links:
            keeper.published(step.section.slug, link.published_at)


def note_refused_listing(keeper: RunKeeper, step: Step, refusal: Refusal) -> None:
    """Count a listing that brought nothing to follow: blocked, moved, empty or a shell."""
    if sign := sign_of_refused(refusal):
        keeper.sign(sign, step.url)
    elif step.can_be_conditional:
        keeper.sign(Sign.NO_LINKS, step.url)


def note_failure(keeper: RunKeeper, failed: Failed, url: str) -> None:
    """Count a request that brought no page."""
    if failed.sign:
        keeper.sign(failed.sign, url)
    if failed.robots:
        keeper.robots(failed.robots)
