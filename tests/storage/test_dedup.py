"""How well copies are found: the benchmark's generator on few stories, and on real ones."""

from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from benchmarks.dedup import build, documents, read, write
from benchmarks.dedup_templates import Doc, issues, load_words
from benchmarks.dedup_variants import swapping, variants
from tests.support.corpus import shared
from tests.support.stories import sentence


def invented(number: int) -> list[Doc]:
    """Return stories with names and figures."""
    found = []
    for seed in range(number):
        random = Random(seed)
        lines = []
        for _ in range(9):
            figure, day = random.randrange(2, 900), random.randrange(1, 28)
            name = random.choice(("Sông Trăng", "Tân Lập", "Hà Thị Nhung", "Đồi Chè"))
            said = [sentence(random, 7)[:-1].lower() for _ in range(4)]
            told = f"Hôm qua {said[0]} {figure} {said[1]} {name} {said[2]} ngày {day}/4 {said[3]}."
            lines.append(f"{sentence(random)} {told} {sentence(random, 22)}")
        title, sapo = sentence(random, 9)[:-1], f"{sentence(random)} {sentence(random)}"
        found.append(Doc(f"story {seed}", "original", title, sapo, tuple(lines)))
    return found


def clustered(docs: Sequence[Doc], folder: Path, template: Path) -> list[int]:
    (folder / "dedup.db").write_bytes(template.read_bytes())
    write(f"sqlite:///{folder / 'dedup.db'}", docs, originals_first=False)
    return read(folder / "dedup.db", len(docs))


def pairs(sizes: Counter[object]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def scores(docs: Sequence[Doc], sources: Sequence[int]) -> tuple[float, float]:
    """Return precision and recall of pairs."""
    stories = [doc.story for doc in docs]
    right = pairs(Counter(zip(stories, sources, strict=True)))
    return right / pairs(Counter(sources)), right / pairs(Counter(stories))


def test_copies_are_found_and_issues_are_not_merged(tmp_path: Path, sqlite_template: Path) -> None:
    words, random = load_words("development"), Random(5)
    series = issues(words, 10, random)
    docs = [*build(invented(20), variants(words, swapping(words)), 20 * 16, random), *series]
    random.shuffle(docs)
    sources = clustered(docs, tmp_path, sqlite_template)
    precision, recall = scores(docs, sources)
    assert precision >= 0.97
    assert recall >= 0.97
    kinds = {doc.kind for doc in series}
    sizes = Counter(sources)
    assert [doc.story for doc, at in zip(docs, sources, strict=True)
            if doc.kind in kinds and sizes[at] > 1] == []  # fmt: skip


@pytest.mark.slow
@pytest.mark.corpus
def test_copies_of_real_articles_are_found(tmp_path: Path, sqlite_template: Path) -> None:
    corpus = shared("corpus/vietnews-20k.jsonl.gz")
    random = Random(7)
    given = Namespace(corpus=corpus, documents=1000, issues=10, held_out=False, originals=300)
    docs = documents(given, random)
    random.shuffle(docs)
    precision, recall = scores(docs, clustered(docs, tmp_path, sqlite_template))
    assert precision >= 0.96
    assert recall >= 0.96
