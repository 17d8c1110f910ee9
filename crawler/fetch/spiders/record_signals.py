"""What a listing's answer says of the outlet's health."""

from crawler.discover import Found
from crawler.fetch.spiders.failures import Failed
from crawler.fetch.spiders.steps import Step
from crawler.health.run_recorder import RunRecorder
from crawler.health.signals import Sign, sign_of_refused
from storage.model.articles import Refusal


def note_listing(recorder: RunRecorder, step: Step, found: Found) -> None:
    """Count a listing that answered, and the times that it shows."""
    recorder.discovered()
    recorder.sign(Sign.LISTINGS, step.url)
    if not (found.links or found.children) and step.can_be_conditional:
        recorder.sign(Sign.NO_LINKS, step.url)
    if step.section:
        for link in found.links:
            recorder.published(step.section.slug, link.published_at)


def note_refused_listing(recorder: RunRecorder, step: Step, refusal: Refusal) -> None:
    """Count a listing that brought nothing to follow: blocked, moved, empty or a shell."""
    if sign := sign_of_refused(refusal):
        recorder.sign(sign, step.url)
    elif step.can_be_conditional:
        recorder.sign(Sign.NO_LINKS, step.url)


def note_failure(recorder: RunRecorder, failed: Failed, url: str) -> None:
    """Count a request that brought no page."""
    if failed.sign:
        recorder.sign(failed.sign, url)
    if failed.robots:
        recorder.robots(failed.robots)
