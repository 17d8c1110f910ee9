"""What a capture means for an article's history: New, Revised or Unchanged. Pure.

Time is the capture's. An article's states are the runs of equal fingerprints in its
observations sorted by capture time, so the order of storing never matters: replaying an older
capture puts it in its place, A → B → A seen live gives three states, and an older B that lands
between two observations of A splits that state in two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from storage.model.articles import Verdict


@dataclass(frozen=True, slots=True, order=True)
class Observation:
    """One capture of an article. The order of the fields is the order in time; the last two only
    break ties between captures of the same moment, so that every order of storing agrees.
    """

    captured_at: datetime
    fingerprint: str
    record_id: str


@dataclass(frozen=True, slots=True)
class ArticleState:
    """A run of equal fingerprints: its first observation, whose content it keeps, and its last."""

    first: Observation
    last: Observation


@dataclass(frozen=True, slots=True)
class Decision:
    """What a new observation is, and the article's states with it, earliest first."""

    verdict: Verdict
    states: tuple[ArticleState, ...]


def states(observations: Iterable[Observation]) -> tuple[ArticleState, ...]:
    """Return the states that `observations`, in any order, amount to; earliest first."""
    runs = groupby(sorted(observations), key=lambda seen: seen.fingerprint)
    members = (list(run) for _, run in runs)
    return tuple(ArticleState(run[0], run[-1]) for run in members)


def decide(before: Iterable[Observation], new: Observation) -> Decision:
    """Say what `new` is to an article observed as in `before`.

    An observation adds states or none, never takes one away; it is a revision where it adds.
    One that is in `before` already is Known: the caller has nothing to write.
    """
    known = set(before)
    if not known:
        return Decision(Verdict.NEW, (ArticleState(new, new),))
    after = states(known | {new})
    if new in known:
        return Decision(Verdict.KNOWN, after)
    grown = len(after) > len(states(known))
    return Decision(Verdict.REVISED if grown else Verdict.UNCHANGED, after)
