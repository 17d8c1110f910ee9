"""Records what responses say about the outlet's health."""

from crawler.discover import CUT_SHORT, DiscoveryResult
from crawler.fetch.spiders.failures import RequestFailure
from crawler.fetch.spiders.listings.listing_requests import ListingRequest
from crawler.health.run_recorder import RunRecorder
from crawler.health.signals import HealthSignal, signal_of_refusal
from crawler.page.urls import host_of
from storage.model.articles import Refusal, RefusalReason
from storage.model.links import LeftOut
from storage.model.runs import SITEMAPS


def note_listing(recorder: RunRecorder, listing: ListingRequest, found: DiscoveryResult) -> None:
    """Count a listing that answered, its links, and their publication times."""
    recorder.note_discovery()
    recorder.record_signal(HealthSignal.LISTINGS, listing.url)
    if not (found.links or found.children) and listing.can_be_conditional:
        recorder.record_signal(HealthSignal.NO_LINKS, listing.url)
    if listing.form == "sitemap":
        recorder.count(**{f"signals/{SITEMAPS}": 1})
    if found.is_cut:
        recorder.refuse(LeftOut.CUT)
        recorder.fault(f"{host_of(listing.url)}: {listing.url}: the response is truncated")
    if listing.section:
        recorder.note_links(listing.section.slug, len(found.links))
        for link in found.links:
            recorder.note_published(listing.section.slug, link.published_at)


def note_unchanged_listing(recorder: RunRecorder, listing: ListingRequest) -> None:
    """Count a listing that answers 304 or the same bytes: it had links when it was saved."""
    recorder.note_discovery()
    recorder.record_signal(HealthSignal.UNCHANGED_LISTINGS, listing.url)
    if listing.section:
        recorder.note_links(listing.section.slug, 1)


def note_short_page(recorder: RunRecorder, url: str) -> None:
    """Count an article's page that arrived truncated."""
    recorder.refuse(LeftOut.CUT)
    recorder.fault(f"{host_of(url)}: {url}: the response is truncated")


def note_end_in_doubt(recorder: RunRecorder, listing: ListingRequest, refusal: Refusal) -> None:
    """Count a listing whose end may be a temporary error: the next crawl reads all of it.

    404 is how most listings end, and no fault.
    """
    recorder.refuse(LeftOut.END)
    if refusal.reason is RefusalReason.EMPTY:
        fault = f"no article on page {listing.number}, after a page with news"
        recorder.fault(f"{host_of(listing.url)}: {listing.url}: {fault}")


def note_refused_listing(recorder: RunRecorder, listing: ListingRequest, refusal: Refusal) -> None:
    """Count a listing without links to follow: blocked, moved, empty or a shell."""
    if listing.form == "sitemap":
        recorder.count(**{f"signals/{SITEMAPS}": 1})
    if refusal.evidence.startswith(CUT_SHORT):
        recorder.refuse(LeftOut.CUT)
    if signal := signal_of_refusal(refusal):
        recorder.record_signal(signal, listing.url)
    elif listing.can_be_conditional:
        recorder.record_signal(HealthSignal.NO_LINKS, listing.url)


def note_failure(recorder: RunRecorder, failure: RequestFailure, url: str) -> None:
    """Count a request that got no page."""
    if failure.signal:
        recorder.record_signal(failure.signal, url)
    if failure.robots:
        recorder.note_robots(failure.robots)
