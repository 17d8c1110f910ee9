"""Invented stories of Vietnamese syllables, and articles that tell them, for tests of clusters."""

from datetime import timedelta
from random import Random

from storage.archive import Archive
from storage.model.articles import Article, Block, Capture
from storage.model.runs import Run
from tests.support.samples import EXTRACTION, T0, at

SYLLABLES = """
    sông cầu phường quận nước mưa chợ đêm trường lớp đường phố xe buýt công viên cây xanh
    hồ người già trẻ nhỏ bệnh viện thuốc men hàng quán giá cả mùa vụ lúa ngô vườn nhà xóm
    làng đình chùa hội hè trống cờ hoa đèn lửa khói bếp cơm cá tôm thuyền bè sóng gió núi
    đồi rừng thông đất đá gạch ngói thợ mộc thợ nề tiền lương thưởng tết xuân hạ thu đông
    sáng trưa chiều tối
""".split()  # noqa: SIM905 - as a list it is a page long
OUTLETS = ("baothu", "baohai", "baoba", "baotu")


def sentence(random: Random, number: int = 18) -> str:
    words = " ".join(random.choice(SYLLABLES) for _ in range(number))
    return f"{words[0].upper()}{words[1:]}."


def story(seed: int, lines: int = 6) -> tuple[str, ...]:
    """Return the lines of a story; each seed gives another one."""
    random = Random(seed)
    return tuple(" ".join(sentence(random) for _ in range(2)) for _ in range(lines))


def told(number: int, lines: tuple[str, ...], *, minutes: float = 0, **changes: object) -> Article:
    """Return an article with these lines, of one of the outlets, published at `minutes`."""
    outlet = OUTLETS[number % len(OUTLETS)]
    fields = {
        "outlet": outlet,
        "url": f"https://{outlet}.vn/tin-{number}.html",
        "article_id": str(number),
        "title": f"Tin số {sentence(Random(number), 5)}",
        "blocks": tuple(Block("paragraph", line) for line in lines),
        "extraction": EXTRACTION,
        "published_at": at(minutes),
    }
    return Article(**(fields | changes))  # type: ignore[arg-type]


def start_runs(archive: Archive) -> None:
    for outlet in OUTLETS:
        archive.runs.start(Run(f"run-{outlet}", outlet, T0))


def put(archive: Archive, article: Article, later: float = 0) -> int:
    """Store an article as captured that many minutes after its publication; return its id."""
    moment = (article.published_at or T0) + timedelta(minutes=later)
    name = f"{article.url} {later} {hash(article.blocks) if later else ''}"
    seen = Capture(article.url, moment, 200, "a.warc.gz", 1, f"<urn:{name}>", f"sha1:{name}")
    stored = archive.articles.store(f"run-{article.outlet}", seen, article)
    assert stored.id is not None
    return stored.id


def clusters_of(archive: Archive, ids: list[int]) -> set[frozenset[int]]:
    """Return the clusters of these articles, each as the set of its members' ids."""
    clusters = (archive.clusters.get(str(id_)) for id_ in ids)
    return {frozenset(member.id for member in cluster.members) for cluster in clusters}
