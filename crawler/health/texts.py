"""Alarms as text and as JSON: what is wrong, since when, and what to do. Pure."""

from typing import Any

from crawler.render.base import fields_json, time_text
from storage.model.alarms import Alarm, Cause, Finding

_NAME = {
    Cause.NEVER_RAN: "never ran",
    Cause.SCHEDULER_LATE: "schedule late",
    Cause.UNREACHABLE: "host unreachable",
    Cause.TIMEOUTS: "time-outs",
    Cause.ROBOTS: "robots.txt",
    Cause.BLOCKED: "blocked",
    Cause.NO_LINKS: "listing without links",
    Cause.TEMPLATE: "template broke",
    Cause.FEED_SILENT: "feed silent",
    Cause.FAILING: "crawls fail",
    Cause.DISK: "disk nearly full",
    Cause.MACHINE_LOST: "machine lost",
    Cause.NOT_PUSHED: "captures not pushed",
}
_TO_DO = {
    Cause.NEVER_RAN: "crawl it once by hand (tinquan crawl OUTLET) and read what it says.",
    Cause.SCHEDULER_LATE: "check whether `tinquan schedule` runs (systemctl status tinquan) and"
    " what its log says; the machine may be too slow for so many outlets.",
    Cause.UNREACHABLE: "open the site in a browser. If it is up: has its domain moved (outlet"
    " file, [[domains]]), or does this machine's DNS or network fail for others too?",
    Cause.TIMEOUTS: "open the site in a browser. If it is merely slow, raise limits."
    "download_seconds or run_seconds, or crawl fewer sections at once.",
    Cause.ROBOTS: "read the site's robots.txt. tinquan obeys it: remove the section from the"
    " outlet's file, or ask the outlet.",
    Cause.BLOCKED: "raise the outlet's politeness.delay_seconds and crawl less often; if it"
    " lasts, write to the outlet. Never dress up as a browser.",
    Cause.NO_LINKS: "open the listing in a browser: has the section moved or its markup"
    " changed? Correct path or feed in the outlet's file (tinquan outlets check --live OUTLET).",
    Cause.TEMPLATE: "open the pages named as evidence in a browser. If the site was under"
    " maintenance or behind a wall, the next crawls request them again: nothing to do. Otherwise"
    " add a layout to the family, then `tinquan reextract --outlet OUTLET --since DATE`: the"
    " captures are kept, nothing is lost.",
    Cause.FEED_SILENT: "open the section in a browser. If it shows newer articles: is the feed's"
    " address still right? If it does not, the outlet is silent: nothing to do.",
    Cause.FAILING: "read the log files named as evidence.",
    Cause.DISK: "free space, or move captures and archive to a larger disk; crawls stop storing"
    " when it is full, and lose nothing.",
    Cause.MACHINE_LOST: "check whether the machine runs and reaches the database's server, and"
    " start its schedule again. One that is gone for good is forgotten after a week, or at once if"
    " a schedule with its name (TINQUAN_MACHINE) is started and stopped.",
    Cause.NOT_PUSHED: "start `tinquan archive push` on the machine that has the files and read what"
    " it says. Nothing is lost: they stay there until the object store has them.",
}


def cause_text(cause: Cause) -> str:
    """Return a cause in two or three words."""
    return _NAME[cause]


def to_do(finding: Finding) -> str:
    """Return what the user should do about a finding."""
    text = _TO_DO[finding.cause]
    return text.replace("OUTLET", finding.outlet) if finding.outlet else text


def headline(alarm: Alarm) -> str:
    """Return an alarm in one line."""
    finding = alarm.finding
    state = "ALARM" if alarm.is_open else "over"
    return f"[{state}] {cause_text(finding.cause)}: {' '.join(finding.summary.split())}"


def paragraphs(alarm: Alarm) -> list[str]:
    """Return an alarm's full text as paragraphs."""
    finding = alarm.finding
    times = f"Since {time_text(finding.since)}, noticed {time_text(alarm.opened_at)}"
    times += f", over since {time_text(alarm.closed_at)}." if alarm.closed_at else "."
    found = [" ".join(finding.summary.split()) + ".", times]
    if finding.evidence:
        found.append("Evidence:\n" + "\n".join(f"  {item}" for item in finding.evidence))
    if alarm.is_open:
        found.append("What to do: " + to_do(finding))
    return found


def alarm_json(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as JSON data."""
    return {
        **fields_json(alarm, "id state"),
        **fields_json(alarm.finding, "cause outlet summary since evidence"),
        "to_do": to_do(alarm.finding),
        **fields_json(alarm, "opened_at updated_at closed_at"),
    }
