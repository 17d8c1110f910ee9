"""The states of an article, and the verdict on a capture: new, revised or unchanged. Pure.

An article's states are the runs of equal fingerprints in its observations, sorted by capture time,
so the order in which captures are stored does not matter: a replayed older capture gets its place,
A → B → A seen live gives three states, and an older B between two observations of A splits that
state in two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from storage.model.articles import Verdict


@dataclass(frozen=True, slots=True, order=True)
class Observation:
    """One capture of an article. Observations sort by time; the last two fields only break ties
    between simultaneous captures, so that the result never depends on the order of storing.
    """

    captured_at: datetime
    fingerprint: str
    record_id: str


@dataclass(frozen=True, slots=True)
class ArticleState:
    """A run of equal fingerprints. Its content is that of the first observation."""

    first: Observation
    last: Observation


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict on a new observation, and the article's states with it, earliest first."""

    verdict: Verdict
    states: tuple[ArticleState, ...]


def states(observations: Iterable[Observation]) -> tuple[ArticleState, ...]:
    """Return the states of an article from its observations in any order; earliest first."""
    runs = groupby(sorted(observations), key=lambda observation: observation.fingerprint)
    members = (list(run) for _, run in runs)
    return tuple(ArticleState(run[0], run[-1]) for run in members)


def decide(before: Iterable[Observation], new: Observation) -> Decision:
    """Return the verdict on `new` for an article with the observations `before`.

    An observation never removes a state; if it adds any, it is a revision. One that is already in
    `before` is KNOWN: the caller has nothing to write.
    """
    known = set(before)
    if not known:
        return Decision(Verdict.NEW, (ArticleState(new, new),))
    after = states(known | {new})
    if new in known:
        return Decision(Verdict.KNOWN, after)
    adds_states = len(after) > len(states(known))
    return Decision(Verdict.REVISED if adds_states else Verdict.UNCHANGED, after)
