"""Print the speed and the memory of the places matcher, loading and tagging.

    python -m benchmarks.places

Texts are invented, from a seed.
"""

import random
import resource
import time
from datetime import date
from pathlib import Path

from crawler.places import Tagger, load_gazetteer

FOLDER = Path(__file__).parents[1] / "config" / "gazetteer"
ARTICLES = 2_000
WORDS = 450  # of an article's body, about 2,300 characters


def article(names: list[str], seed: int) -> dict[str, str]:
    """Return an invented article with a place in every second sentence."""
    rng = random.Random(seed)
    sentences = [
        f"Ngày {rng.randint(1, 28)}/{rng.randint(1, 12)}, đoàn kiểm tra liên ngành đã làm việc với "
        f"{rng.choice(['UBND', 'Công an', 'Đảng ủy'])} {rng.choice(names)} về công tác quản lý "
        "trật tự đô thị, vệ sinh môi trường và phòng cháy chữa cháy trên địa bàn. Nhiều người dân "
        "cho biết đường phố sạch hơn trước, học sinh đến trường thuận tiện, làm hồ sơ nhanh."
        for _ in range(WORDS // 56)
    ]
    return {
        "title": f"{rng.choice(names)} ra quân",
        "sapo": sentences[0],
        "body": " ".join(sentences),
    }


def memory() -> float:
    """Return this process's peak memory in megabytes (Linux reports kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    before = memory()
    started = time.perf_counter()
    gazetteer = load_gazetteer(FOLDER)
    tagger = Tagger(gazetteer)
    loaded = time.perf_counter() - started
    print(f"load: {loaded:.2f} s, {memory() - before:.0f} MB for {len(gazetteer.units)} units")
    names = [unit.full_name for unit in gazetteer.units.values() if unit.level != "province"]
    for day in (date(2024, 6, 1), date(2025, 10, 1)):
        articles = [article(names, seed) for seed in range(ARTICLES)]
        started = time.perf_counter()
        found = sum(len(tagger.tag(day, **fields).mentions) for fields in articles)
        spent = time.perf_counter() - started
        print(f"{day}: {ARTICLES / spent:.0f} articles/s, {found} mentions")
    text = " ".join(article(names, seed)["body"] for seed in range(3_000))[:5_000_000]
    started = time.perf_counter()
    tagger.tag(date(2024, 6, 1), body=text)
    spent = time.perf_counter() - started
    print(f"one text of {len(text) / 1e6:.1f} million characters: {spent:.2f} s")
    print(f"peak memory {memory():.0f} MB")


if __name__ == "__main__":
    main()
