"""Articles stored, edited and mixed in any order: the rule of copies always comes to an end."""

from pathlib import Path
from random import Random

import pytest

from storage.archive import Archive, open_archive
from storage.model.articles import Arrival, Article, Block, Capture
from tests.support.samples import at
from tests.support.stories import OUTLETS, start_runs, told

LETTERS = "abcdeghiklmnoôơưáàạu"


def some_text(random: Random, words: list[str], stories: list[list[str]]) -> list[str]:
    """Return the words of a story that was cut, reworded, mixed with another, or is none."""
    chosen, kind = list(random.choice(stories)), random.random()
    if kind < 0.3:
        return chosen[: random.randint(10, len(chosen))]
    if kind < 0.6:
        for _ in range(random.randint(1, len(chosen) // 3)):
            chosen[random.randrange(len(chosen))] = random.choice(words)
        return chosen
    if kind < 0.75:
        return chosen + random.choice(stories)
    if kind < 0.85:
        return [random.choice(words) for _ in range(random.randint(5, 60))]
    return chosen


def arrival(random: Random, number: int, text: list[str]) -> Arrival:
    lines = [" ".join(text[start : start + 20]) for start in range(0, len(text), 20)]
    article: Article = told(
        random.randint(0, 60),
        (),
        minutes=60 * random.randint(0, 900),
        title=" ".join(text[:6]),
        blocks=tuple(Block("paragraph", line) for line in lines),
    )
    seen_at = at(60 * (1000 + number + random.randint(0, 40)))
    seen = Capture(article.url, seen_at, 200, "w", number, f"id{number}", f"d{number}")
    return Arrival(seen, article)


def fill(archive: Archive, seed: int) -> None:
    random = Random(seed)
    start_runs(archive)
    words = ["".join(random.choices(LETTERS, k=random.randint(1, 5))) for _ in range(900)]
    lengths = [random.randint(35, 160) for _ in range(7)]
    stories = [[random.choice(words) for _ in range(length)] for length in lengths]
    made = [arrival(random, n, some_text(random, words, stories)) for n in range(220)]
    while made:
        size = random.randint(1, 12)
        batch, made = made[:size], made[size:]
        for outlet in OUTLETS:
            own = [one for one in batch if one.result.outlet == outlet]
            archive.articles.store_many(f"run-{outlet}", own)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [4, 20])  # a chain not looked up; a ring in mid-round
def test_any_order_comes_to_an_end_and_to_clusters_without_faults(
    seed: int, tmp_path: Path
) -> None:
    with open_archive(f"sqlite:///{tmp_path}/a.db") as archive:
        fill(archive, seed)
        assert [*archive.maintenance.check(lambda _name: None)] == []
