"""Serves health metrics to Prometheus, computed at every scrape."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from crawler.health.status import OutletStatus
from storage.model.alarms import Alarm

Snapshot = tuple[Sequence[OutletStatus], Sequence[Alarm]]
"""Every outlet's status, and all open alarms."""


class HealthCollector(Collector):
    """Gauges of outlets and alarms. snapshot: reads them from the archive."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        self._snapshot = snapshot

    def describe(self) -> Sequence[Metric]:
        """Return nothing, so that registering does not query the archive."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        outlets, alarms = self._snapshot()
        yield _times("last_success", "End of the last crawl that went well.", outlets)
        yield _times("newest_article", "Publication of the newest article.", outlets)
        yield _times("next_run", "When the next crawl is due.", outlets)
        yield _numbers("articles_24h", "Articles published in the last 24 hours.", outlets)
        yield _numbers("usual", "Articles a day in the four weeks before.", outlets)
        yield _open_alarms(alarms)


def _times(field: str, text: str, outlets: Sequence[OutletStatus]) -> Metric:
    gauge = GaugeMetricFamily(f"tinquan_{field}_timestamp_seconds", text, labels=["outlet"])
    for status in outlets:
        moment: datetime | None = getattr(status, field)
        if moment is not None:
            gauge.add_metric([status.outlet], moment.timestamp())
    return gauge


def _numbers(field: str, text: str, outlets: Sequence[OutletStatus]) -> Metric:
    gauge = GaugeMetricFamily(f"tinquan_{field}", text, labels=["outlet"])
    for status in outlets:
        gauge.add_metric([status.outlet], float(getattr(status, field)))
    return gauge


def _open_alarms(alarms: Sequence[Alarm]) -> Metric:
    text = "1 for each open alarm; outlet is empty where it concerns the whole."
    gauge = GaugeMetricFamily("tinquan_alarm_open", text, labels=["outlet", "cause"])
    for alarm in alarms:
        gauge.add_metric([alarm.finding.outlet or "", alarm.finding.cause.value], 1.0)
    return gauge


def serve_metrics(
    snapshot: Callable[[], Snapshot], port: int, address: str = "127.0.0.1"
) -> Callable[[], None]:
    """Serve metrics on a port, in a thread; return a function that stops it.

    Raises OSError if the port is in use.

    snapshot: called in that thread. address: loopback by default; only outlets' names are shown.
    """
    registry = CollectorRegistry()
    registry.register(HealthCollector(snapshot))
    server, thread = start_http_server(port, address, registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop
