"""Watches as plain data for JSON, and as short texts. Pure."""

from collections.abc import Iterable
from typing import Any

from crawler.channels.message import Message
from crawler.config.watches import Watch
from crawler.render.base import fields_json, time_json, time_text
from crawler.watch.due import next_look
from crawler.watch.words import TEXTS
from storage.model.watches import Delivery, Look, WatchState


def watch_json(
    watch: Watch, state: WatchState | None, unsent: Iterable[Delivery]
) -> dict[str, Any]:
    """Return a watch as the configuration has it, with how far it was told and what is unsent."""
    return watch.model_dump(mode="json") | {
        "looked_at": time_json(state.looked_at) if state else None,
        "next_look": time_json(next_look(watch.when, state.looked_at)) if state else None,
        "not_delivered": [delivery_json(one) for one in unsent if one.digest.watch == watch.name],
    }


def delivery_json(delivery: Delivery) -> dict[str, Any]:
    """Return an unsent delivery, also one that was given up (then `due_at` is null)."""
    return {
        "watch": delivery.digest.watch,
        "made_at": time_json(delivery.digest.made_at),
        **fields_json(delivery, "channel attempts tried_at due_at unconfirmed"),
    }


def delivery_text(delivery: Delivery) -> str:
    """Return an unsent delivery in one line."""
    of = f"{delivery.channel}: digest of {time_text(delivery.digest.made_at)}"
    tried = f"{delivery.attempts} attempts" if delivery.attempts != 1 else "1 attempt"
    then = f"next {time_text(delivery.due_at)}" if delivery.due_at else "given up"
    unconfirmed = ", perhaps delivered" if delivery.unconfirmed else ""
    return f"{of} not delivered, {tried}, {then}{unconfirmed}"


def look_json(look: Look) -> dict[str, Any]:
    """Return what a look found, by short ids."""
    found = look.arrivals
    return {
        **fields_json(look, "watch since at"),
        **fields_json(found, "new copies"),
        "edits": [{"id": id_, "state": number} for id_, number in found.edits],
        "removed": list(found.removed),
    }


def channel_test(watch: Watch) -> Message:
    """Return a message that says that a channel works."""
    said = TEXTS[watch.language]
    return Message(
        f"[tinquan] {watch.name}: {said['test_subject']}", said["test"].format(name=watch.name)
    )
