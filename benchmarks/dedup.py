"""Precision and recall of copies, and wrong clusters, on articles with known copies.

    python -m benchmarks.dedup CORPUS.jsonl.gz [--documents 50000] [--originals-first] [--held-out]

CORPUS: articles as JSON lines with title, sapo and body. They are stored by the archive's own code
on SQLite, fifty articles per transaction, in shuffled order: a copy may precede its original.
"""

import argparse
import gzip
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import gettempdir
from typing import TypeVar

import numpy as np
import sqlalchemy as sa

from benchmarks.dedup_templates import Doc, issues, load_words
from benchmarks.dedup_variants import Variant, dropping, swapping, variants
from storage.archive import open_archive
from storage.dedup.signature import shingles
from storage.model.articles import Arrival, Article, Block, Capture, Extraction
from storage.model.runs import Run
from storage.text.syllables import distinct, syllables

START = datetime(2024, 1, 1, tzinfo=UTC)
OUTLETS = 12
BATCH = 50
SAME, DOUBTFUL = 0.8, 0.2  # shares of the shorter text that two originals have in common
Key = TypeVar("Key", str, int)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--documents", type=int, default=50_000)
    parser.add_argument("--originals", type=int, help="default: all")
    parser.add_argument("--issues", type=int, default=160, help="of each series")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument(
        "--originals-first", action="store_true", help="published before all their variants"
    )
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--folder", type=Path, default=Path(gettempdir()) / "tinquan-dedup")
    given = parser.parse_args()
    random = Random(given.seed)
    docs = documents(given, random)
    random.shuffle(docs)
    given.folder.mkdir(parents=True, exist_ok=True)
    path = given.folder / "dedup.db"
    path.unlink(missing_ok=True)
    began = time.perf_counter()
    write(f"sqlite:///{path}", docs, originals_first=given.originals_first)
    took = time.perf_counter() - began
    sources = read(path, len(docs))
    for line in report(docs, sources):
        print(line)
    print(f"{len(docs)} documents stored in {took:.0f} s ({took / len(docs) * 1e3:.2f} ms each)")


def documents(given: argparse.Namespace, random: Random) -> list[Doc]:
    """Return the set: originals, their variants, issues of series, and copies of some issues."""
    words = load_words("held_out" if given.held_out else "development")
    rewriter = dropping if given.held_out else swapping(words)
    classes = variants(words, rewriter)
    templates = issues(words, given.issues, random)
    again = (classes["boilerplate appended"](doc, doc, random) for doc in templates[::10])
    number = given.documents - len(templates)
    originals = judged(load(given.corpus, given.originals))
    return [*build(originals, classes, number, random), *templates, *again]


def load(path: Path, number: int | None) -> list[Doc]:
    """Return the corpus, or its first `number` articles, as documents, each a separate story."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = map(json.loads, islice(lines, number))
        return [
            Doc(row["id"], "original", row["title"], row["sapo"], tuple(row["body"].split("\n")))
            for row in rows
        ]


def judged(originals: Sequence[Doc]) -> list[Doc]:
    """Return the originals, with the real copies among them marked and doubtful ones left out.

    As reading them showed, pairs that share four fifths of the shorter text's 8-grams tell the same
    story (most differ in a word). Those that share less, but at least a fifth, are follow-ups and
    summaries that quote each other, for which it is undecidable whether they are copies.
    """
    texts = [
        distinct(shingles(syllables((doc.title, doc.sapo, *doc.lines)).hashes)) for doc in originals
    ]
    owners = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    hashes = np.concatenate(texts)
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    same = np.flatnonzero(hashes[1:] == hashes[:-1])
    # Neighbours only: for a shingle of many texts, one link per text is enough to find a copy.
    links = Counter(zip(owners[same].tolist(), owners[same + 1].tolist(), strict=True))
    stories = [doc.story for doc in originals]
    left_out = set()
    for (one, other), shared in sorted(links.items()):
        part = shared / max(1, min(len(texts[one]), len(texts[other])))
        if part >= SAME:
            stories[other] = stories[one]
        elif part >= DOUBTFUL:
            left_out.add(other)
    kept = [at for at in range(len(originals)) if at not in left_out]
    return [replace(originals[at], story=stories[at]) for at in kept]


def build(
    originals: Sequence[Doc], classes: dict[str, Variant], number: int, random: Random
) -> list[Doc]:
    """Return originals and their variants, of each class in turn, `number` documents in total."""
    docs = list(originals[:number])
    names = list(classes)
    for at in range(number - len(docs)):
        doc, other = originals[at % len(originals)], random.choice(originals)
        name = names[(at + at // len(originals)) % len(names)]
        made = classes[name](doc, other, random)
        docs.append(Doc(doc.story, name, made.title, made.sapo, made.lines))
    return docs


def write(url: str, docs: Sequence[Doc], *, originals_first: bool) -> None:
    first = {"original", *(doc.kind for doc in docs if doc.story == f"{doc.kind} 0")}
    with open_archive(url) as archive:
        archive.runs.start(Run("run", "bao0", START))
        for start in range(0, len(docs), BATCH):
            if sys.stderr.isatty():
                print(f"\r{start} of {len(docs)}", end="", file=sys.stderr)
            batch = [
                article_of(at, doc, len(docs) if originals_first and doc.kind not in first else 0)
                for at, doc in enumerate(docs[start : start + BATCH], start=start)
            ]
            arrivals = [Arrival(capture_of(article), article) for article in batch]
            archive.articles.store_many("run", arrivals)


def article_of(at: int, doc: Doc, delay: int = 0) -> Article:
    outlet = f"bao{at % OUTLETS}"
    return Article(
        outlet=outlet,
        url=f"https://{outlet}.vn/{at}.html",
        article_id=str(at),
        title=doc.title,
        sapo=doc.sapo,
        blocks=tuple(Block("paragraph", line) for line in doc.lines),
        extraction=Extraction("epi", "1", "subtree", 1),
        published_at=START + timedelta(minutes=at + delay),
    )


def capture_of(article: Article) -> Capture:
    at = article.article_id
    moment = article.published_at or START
    return Capture(article.url, moment, 200, "a.warc.gz", 0, f"<urn:{at}>", f"sha1:{at}")


def read(path: Path, number: int) -> list[int]:
    """Return the number of the source of each document's cluster."""
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as conn:
        query = sa.text(
            "SELECT CAST(a.article_id AS INTEGER), CAST(s.article_id AS INTEGER)"
            " FROM copies c JOIN articles a ON a.id = c.article"
            " JOIN articles s ON s.id = c.source"
        )
        found = {row[0]: row[1] for row in conn.execute(query)}
    engine.dispose()
    return [found.get(at, at) for at in range(number)]


def report(docs: Sequence[Doc], sources: Sequence[int]) -> Iterable[str]:
    """Yield the figures, one per line."""
    stories, clusters = _groups(doc.story for doc in docs), _groups(sources)
    both = Counter((doc.story, source) for doc, source in zip(docs, sources, strict=True))
    right = _pairs(both.values())
    true, found = _pairs(map(len, stories.values())), _pairs(map(len, clusters.values()))
    yield f"pairs: precision {right / max(found, 1):.4f}, recall {right / max(true, 1):.4f}"
    yield f"       {true} true, {found} found, {right} both"
    met: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for members in stories.values():
        first = min(members, key=lambda at: docs[at].kind != "original")
        for other in members:
            if other != first:
                met[docs[other].kind] += 1
                missed[docs[other].kind] += sources[first] != sources[other]
    for kind in sorted(met):
        yield f"recall {kind:<24} {1 - missed[kind] / met[kind]:.4f} of {met[kind]}"
    series = {doc.kind for doc in docs if doc.story == f"{doc.kind} 0"}
    for kind in sorted(series):
        own = [at for at, doc in enumerate(docs) if doc.kind == kind]
        wrong = sum(_is_wrong(at, docs, clusters[sources[at]]) for at in own)
        yield f"wrong  {kind:<24} {wrong / len(own):.4f} of {len(own)}"
    own = [at for at, doc in enumerate(docs) if doc.kind in series]
    wrong = sum(_is_wrong(at, docs, clusters[sources[at]]) for at in own)
    yield f"template issues in a wrong cluster: {wrong / len(own):.4f} of {len(own)}"


def _is_wrong(at: int, docs: Sequence[Doc], members: Sequence[int]) -> bool:
    return any(docs[member].story != docs[at].story for member in members)


def _groups(keys: Iterable[Key]) -> dict[Key, list[int]]:
    groups: defaultdict[Key, list[int]] = defaultdict(list)
    for at, key in enumerate(keys):
        groups[key].append(at)
    return groups


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


if __name__ == "__main__":
    main()
