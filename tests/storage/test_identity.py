"""Which article a page is, on both databases."""

from storage.archive import Archive
from storage.model.articles import Article, ArticleQuery, Refusal, RefusalReason, Verdict
from tests.support.samples import article, at, capture, refusal, url_of

MOVED = "https://baothu.vn/cau-lon-da-thong-xe-1.html"


def put(
    archive: Archive, minutes: float, result: Article | Refusal, *aliases: str
) -> tuple[Verdict, int | None]:
    seen = capture(minutes, url=result.url, record_id=f"{minutes} {result.url}")
    stored = archive.articles.store("run-1", seen, result, aliases)
    return stored.verdict, stored.id


def count(archive: Archive) -> int:
    return sum(1 for _ in archive.articles.find(ArticleQuery()))


def test_the_same_id_under_another_slug_is_the_same_article(archive: Archive) -> None:
    put(archive, 0, article())
    assert put(archive, 1, article(url=MOVED)) == (Verdict.UNCHANGED, 1)
    assert put(archive, 2, article(url=MOVED, text="B")) == (Verdict.REVISED, 1)
    assert archive.articles.get(MOVED) == archive.articles.get(url_of(1))
    assert archive.articles.seen("baothu", [MOVED, url_of(1)]) == {MOVED, url_of(1)}


def test_the_same_url_is_the_same_article_without_an_id(archive: Archive) -> None:
    put(archive, 0, article(article_id=None))
    assert put(archive, 1, article(article_id=None)) == (Verdict.UNCHANGED, 1)
    assert put(archive, 2, article(article_id="1")) == (Verdict.UNCHANGED, 1)  # learns its id
    assert put(archive, 3, article(url=MOVED)) == (Verdict.UNCHANGED, 1)
    assert count(archive) == 1


def test_the_same_url_is_the_same_article_under_a_new_id(archive: Archive) -> None:
    put(archive, 0, article())
    assert put(archive, 1, article(article_id="901")) == (Verdict.UNCHANGED, 1)
    assert put(archive, 2, article(article_id="901", url=MOVED)) == (Verdict.UNCHANGED, 1)
    assert count(archive) == 1


def test_a_missing_id_does_not_hide_the_one_known(archive: Archive) -> None:
    put(archive, 0, article())
    put(archive, 1, article(article_id=None, text="B"))
    assert put(archive, 2, article(url=MOVED, text="B")) == (Verdict.UNCHANGED, 1)


def test_an_empty_id_is_no_id(archive: Archive) -> None:
    put(archive, 0, article(1, article_id=""))
    assert put(archive, 1, article(2, article_id="")) == (Verdict.NEW, 2)
    assert put(archive, 2, article(3, article_id=None)) == (Verdict.NEW, 3)


def test_outlets_do_not_share_ids_or_urls(archive: Archive) -> None:
    put(archive, 0, article())
    assert put(archive, 0, article(outlet="baokhac")) == (Verdict.NEW, 2)
    assert archive.articles.get(url_of(1)).id == 1  # of two at one URL the older


def test_aliases_are_seen_and_find_the_article(archive: Archive) -> None:
    amp, short = "https://baothu.vn/amp/1", "https://baothu.vn/s/1"
    archive.articles.store("run-1", capture(0, url=short), article(), (amp, amp))
    assert archive.articles.seen("baothu", [amp, short, "https://baothu.vn/s/2"]) == {amp, short}
    assert archive.articles.get(amp) == archive.articles.get(short) == archive.articles.get("1")
    assert put(archive, 1, article(url=amp, article_id=None)) == (Verdict.UNCHANGED, 1)


def test_a_redirect_never_joins_two_articles(archive: Archive) -> None:
    put(archive, 0, article(1))
    put(archive, 0, article(2), url_of(1))  # article 1 was taken down and leads to 2 now
    assert count(archive) == 2
    assert archive.articles.get(url_of(1)).id == 1
    assert archive.articles.get(url_of(2)).id == 2


def test_a_page_at_the_address_itself_takes_an_alias_over(archive: Archive) -> None:
    put(archive, 0, article(1), url_of(2))  # 2 led to 1 for a while
    assert archive.articles.get(url_of(2)).id == 1
    assert put(archive, 5, article(2)) == (Verdict.NEW, 2)
    assert archive.articles.get(url_of(2)).id == 2


def test_two_that_turn_out_to_be_one_are_joined(archive: Archive) -> None:
    put(archive, 0, article(text="A"))
    put(archive, 30, article(text="C", url=MOVED, article_id=None), "https://baothu.vn/amp/1")
    put(archive, 40, refusal_at(MOVED))
    assert count(archive) == 2
    # The moved page shows its id at last: both were one article all along.
    assert put(archive, 20, article(text="B", url=MOVED)) == (Verdict.REVISED, 1)
    found = archive.articles.get("1")
    assert [r.article.body for r in found.revisions] == ["A", "B", "C"]
    assert [r.first_seen_at for r in found.revisions] == [at(0), at(20), at(30)]
    assert count(archive) == 1
    assert archive.articles.get("2") == archive.articles.get("https://baothu.vn/amp/1") == found
    assert put(archive, 50, article(3)) == (Verdict.NEW, 3)  # a short id is never given twice


def test_the_smaller_short_id_survives_a_join(archive: Archive) -> None:
    put(archive, 0, article(url=MOVED, article_id=None))
    put(archive, 10, article())
    assert put(archive, 20, article(url=MOVED)) == (Verdict.UNCHANGED, 1)
    assert archive.articles.get("2") == archive.articles.get("1")
    assert count(archive) == 1
    assert put(archive, 30, article(url=url_of(9))) == (Verdict.UNCHANGED, 1)


def test_articles_with_ids_of_their_own_stay_apart(archive: Archive) -> None:
    put(archive, 0, article(1))
    put(archive, 0, article(2))
    # The outlet shows article 2's id at article 1's URL: its id says what it is.
    assert put(archive, 10, article(2, url=url_of(1))) == (Verdict.UNCHANGED, 2)
    assert count(archive) == 2


def refusal_at(url: str, reason: RefusalReason = RefusalReason.NOT_FOUND) -> Refusal:
    return Refusal("baothu", url, reason, "status 404")


def test_a_refusal_names_the_article_that_stood_there(archive: Archive) -> None:
    put(archive, 0, article(), "https://baothu.vn/amp/1")
    assert put(archive, 5, refusal_at("https://baothu.vn/amp/1")) == (Verdict.REFUSED, 1)
    assert put(archive, 6, refusal_at("https://baothu.vn/404"), url_of(1)) == (Verdict.REFUSED, 1)
    assert put(archive, 7, refusal(2)) == (Verdict.REFUSED, None)


def test_an_earlier_refusal_is_linked_once_its_article_is_known(archive: Archive) -> None:
    put(archive, 60, refusal_at(MOVED))
    put(archive, 0, article(), MOVED)
    assert put(archive, 60, refusal_at(MOVED)) == (Verdict.KNOWN, 1)


def test_urls_longer_than_an_index_row_are_kept(archive: Archive) -> None:
    long = "https://baothu.vn/?q=" + "".join(chr(97 + n * n % 26) for n in range(20_000))
    put(archive, 0, article(url=long, article_id=None), long + "&amp=1")
    player = Refusal("baothu", long + "&x", RefusalReason.VIDEO, "a player")
    archive.articles.store("run-1", capture(1, url=player.url), player, is_final=True)
    assert archive.articles.get(long).latest.article.url == long
    assert archive.articles.seen("baothu", [long, long + "&amp=1", long + "&x"]) == {
        long,
        long + "&amp=1",
        long + "&x",
    }
