import itertools
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from storage.dedup.revisions import ArticleState, Observation, decide, states
from storage.model.articles import Verdict
from tests.support.samples import at


def seen(minutes: int, fingerprint: str, record: str = "") -> Observation:
    return Observation(at(minutes), fingerprint, record or f"r{minutes}")


def spans(found: tuple[ArticleState, ...]) -> list[tuple[str, int, int]]:
    """Return each state as fingerprint and the minutes of its first and last sight."""

    def minutes(one: Observation) -> int:
        return round((one.captured_at - at(0)).total_seconds() / 60)

    return [(s.first.fingerprint, minutes(s.first), minutes(s.last)) for s in found]


observations = st.builds(
    lambda minutes, print_, record: Observation(at(minutes), print_, f"r{record}"),
    st.integers(0, 8),  # few moments, so that ties are common
    st.sampled_from("ABC"),
    st.integers(0, 50),
)
histories = st.lists(observations, unique=True, min_size=1, max_size=10)


def test_first_sight_is_new() -> None:
    decision = decide([], seen(0, "A"))
    assert decision.verdict is Verdict.NEW
    assert spans(decision.states) == [("A", 0, 0)]


def test_same_content_later_is_unchanged_and_stretches_the_state() -> None:
    decision = decide([seen(0, "A")], seen(5, "A"))
    assert decision.verdict is Verdict.UNCHANGED
    assert spans(decision.states) == [("A", 0, 5)]


def test_there_and_back_gives_three_states() -> None:
    decision = decide([seen(0, "A"), seen(5, "B")], seen(9, "A"))
    assert decision.verdict is Verdict.REVISED
    assert spans(decision.states) == [("A", 0, 0), ("B", 5, 5), ("A", 9, 9)]


def test_an_older_state_splits_a_run() -> None:
    decision = decide([seen(0, "A"), seen(9, "A")], seen(5, "B"))
    assert decision.verdict is Verdict.REVISED
    assert spans(decision.states) == [("A", 0, 0), ("B", 5, 5), ("A", 9, 9)]


def test_an_older_sight_of_the_first_state_moves_its_beginning() -> None:
    decision = decide([seen(5, "A"), seen(9, "B")], seen(2, "A"))
    assert decision.verdict is Verdict.UNCHANGED
    assert spans(decision.states) == [("A", 2, 5), ("B", 9, 9)]


def test_an_observation_decided_before_is_known() -> None:
    decision = decide([seen(0, "A"), seen(5, "B")], seen(5, "B"))
    assert decision.verdict is Verdict.KNOWN
    assert spans(decision.states) == [("A", 0, 0), ("B", 5, 5)]


def test_a_tie_is_decided_alike_in_any_order() -> None:
    one, two = seen(5, "A", "x"), seen(5, "B", "y")
    assert states([one, two]) == states([two, one])
    assert len(states([one, two])) == 2


@given(histories, st.randoms(use_true_random=False))
def test_any_order_of_storing_gives_the_same_states(
    history: list[Observation], random: Random
) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)
    stored: list[Observation] = []
    for observation in shuffled:
        decision = decide(stored, observation)
        stored.append(observation)
        assert decision.states == states(stored)
    assert decision.states == states(history)


@given(histories)
def test_verdicts_agree_with_the_states(history: list[Observation]) -> None:
    for count, observation in enumerate(history):
        before, decision = states(history[:count]), decide(history[:count], observation)
        grown = len(decision.states) - len(before)
        expected = {0: Verdict.UNCHANGED}.get(grown, Verdict.REVISED) if before else Verdict.NEW
        assert decision.verdict is expected
        assert grown in (0, 1, 2)


@given(histories)
def test_states_cover_every_observation_in_time_and_alternate(history: list[Observation]) -> None:
    found = states(history)
    assert found[0].first == min(history)
    assert found[-1].last == max(history)
    for earlier, later in itertools.pairwise(found):
        assert earlier.last < later.first
        assert earlier.first.fingerprint != later.first.fingerprint
