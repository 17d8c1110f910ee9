"""Clusters as plain data for JSON, and as short texts. Pure."""

from datetime import datetime
from typing import Any

from crawler.render.base import counted, fields_json
from storage.model.clusters import Cluster, Member


def cluster_json(cluster: Cluster) -> dict[str, Any]:
    """Return a cluster with the keys of docs/json.md."""
    return {
        "id": cluster.id,
        "articles": len(cluster.members),
        "outlets": list(cluster.outlets),
        "members": [_member_json(member) for member in cluster.members],
    }


def _member_json(member: Member) -> dict[str, Any]:
    first = fields_json(member, "id outlet url title published_at first_seen_at credit")
    similarity = round(member.similarity, 4)
    return first | {"similarity": similarity} | fields_json(member, "is_source relation")


def cluster_text(cluster: Cluster, of: int) -> str:
    """Return an article's role in its cluster in one line. of: the article's short id."""
    if len(cluster.members) == 1:
        return "no copies"
    source = cluster.source
    if source.id == of:
        return f"source of {_counts_text(cluster)}"
    own = next(member for member in cluster.members if member.id == of)
    return f"{own.relation} {source.id} ({source.outlet}), {own.similarity:.0%} alike"


def _counts_text(cluster: Cluster) -> str:
    updates = sum(member.is_update for member in cluster.members)
    copies = len(cluster.members) - 1 - updates
    counts = [counted(copies, "copy", "copies")] if copies else []
    counts += [counted(updates, "update", "updates")] if updates else []
    return " and ".join(counts)


def delay_text(member: Member, source: Member) -> str:
    """Return how long after the source a member was published, such as "+2 h 5 min".

    A member whose publication time was corrected may be older than its source: "-5 min".
    """
    delay = round((time_of(member) - time_of(source)).total_seconds() / 60)
    days, hours, minutes = abs(delay) // 1440, abs(delay) // 60 % 24, abs(delay) % 60
    sign = "-" if delay < 0 else "+"
    if days:
        return f"{sign}{days} d {hours} h"
    return f"{sign}{hours} h {minutes} min" if hours else f"{sign}{minutes} min"


def time_of(member: Member) -> datetime:
    """Return when a member was published or, if that is unknown, first seen."""
    return member.published_at or member.first_seen_at
