"""A page is read with the family and the layout of its day; what does not fit is noted."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from crawler.discover.paging import page_url, paging_of
from crawler.extract import extract
from crawler.families import FAMILIES, FAMILY_NAMES
from crawler.health.signals import HealthSignal, family_change, signals_of
from crawler.outlets.model import Outlet, load_outlets, parse_outlet
from crawler.page.response import Page
from storage.errors import ConfigError
from storage.model.articles import Article

SHIPPED = load_outlets(Path("config/outlets"), FAMILY_NAMES)
TEXT = "<p>Một đoạn văn đủ dài về cây cầu gỗ mới bắc qua con mương cuối làng không có thật.</p>" * 6
SINGULAR = (
    "<h1 class='title-page'>Cây cầu gỗ</h1><h2 class='singular-sapo'>Lời dẫn.</h2>"
    f"<div class='singular-content'>{TEXT}</div>dantri.com.vn"
)
TAILWIND = (
    f"<h1 data-slot='title'>Cây cầu gỗ</h1><div data-slot='content'>{TEXT}</div>dantri.com.vn"
)
ONECMS = (
    "<h1 class='block-sc-title'>Cây cầu gỗ</h1><div class='c-news-detail'>"
    f"<div class='b-maincontent'><div class='entry'>{TEXT}</div></div></div>"
)


def read(slug: str, body: str, day: str, path: str = "/tin-1234567.html") -> Article:
    outlet = SHIPPED[slug]
    at = datetime.fromisoformat(day).replace(tzinfo=UTC)
    result = extract(Page(f"https://{outlet.host}{path}", body.encode(), at), outlet)
    assert isinstance(result, Article), result
    return result


@pytest.mark.parametrize(
    ("body", "day", "layout", "is_over"),
    [
        (SINGULAR, "2025-05-01", "dantri-2021", False),
        (TAILWIND, "2026-09-01", "dantri-2026", False),
        (SINGULAR, "2026-09-01", "dantri-2021", True),
        # Both generations' marks on one page, as while a site is rebuilt: the day decides.
        (SINGULAR.replace("singular-content", "singular-content dt-news__content"), "2026-09-01",
         "dantri-2021", True),
    ],
)  # fmt: skip
def test_a_layout_is_used_after_its_time_only_if_no_other_fits(
    body: str, day: str, layout: str, *, is_over: bool
) -> None:
    article = read("dantri", body, day)
    assert article.extraction.layout == layout
    note = f"layout: {layout} is read outside its period"
    assert (note in article.notes) is is_over


def test_of_two_layouts_that_fit_the_one_of_the_day_is_used() -> None:
    both = (
        f"<h1>Cây cầu gỗ</h1><div id='cotent_detail' itemprop='articleBody'>{TEXT}</div>kinhtedothi"
    )
    assert read("kinhtedothi", both, "2020-05-01").extraction.layout == "kinhtedothi-2020"
    assert read("kinhtedothi", both, "2024-05-01").extraction.layout == "kinhtedothi-2022"
    assert read("kinhtedothi", both, "2026-05-01").extraction.layout == "kinhtedothi-2025"


def test_an_outlet_s_former_family_is_no_change() -> None:
    then = read("congluan", ONECMS, "2026-01-20")
    assert (then.extraction.family, family_change(then)) == ("onecms", None)
    now = read("congluan", ONECMS, "2026-09-20")
    assert family_change(now) == "family: configured epi, read as onecms"
    assert HealthSignal.FOREIGN_FAMILY in set(signals_of(now))
    assert HealthSignal.FOREIGN_FAMILY not in set(signals_of(then))


def test_a_page_of_another_family_keeps_the_id_of_the_configured_one() -> None:
    article = read("tienphong", ONECMS, "2026-09-20", "/cau-go-post1900100.tpo")
    assert article.article_id == "1900100"
    assert family_change(article) == "family: configured epi, read as onecms"


def test_a_family_without_layouts_is_read_generically_and_that_is_no_change() -> None:
    script = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"x"}</script>'
    plain = f"{script}<h1>Cây cầu gỗ cuối làng không có thật</h1><div>{TEXT}</div>"
    article = read("hanoionline", plain, "2026-09-20", "/cau-go-cuoi-lang-299999.htm")
    assert (article.extraction.family, family_change(article)) == ("generic", None)
    assert article.article_id == "299999"


def test_a_cms_of_one_outlet_is_not_tried_on_other_hosts() -> None:
    body = f"<h1>Cây cầu gỗ cuối làng mới bắc</h1><div class='post-content'>{TEXT}</div>"
    assert read("qdnd", body, "2026-09-20", "/xa-hoi/cau-go-8990101").extraction.family == "qdnd"
    elsewhere = Page("https://khac.vn/cau-go-8990101.html", body.encode(), datetime.now(UTC))
    result = extract(elsewhere, None)
    assert not isinstance(result, Article) or result.extraction.family == "generic"


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_layouts_stand_newest_first_and_their_periods_run_forwards(family: str) -> None:
    layouts = FAMILIES[family].layouts
    assert len({layout.name for layout in layouts}) == len(layouts)
    for layout in layouts:
        assert (layout.valid_from or date.min) < (layout.valid_to or date.max)
    ends = [layout.valid_to or date.max for layout in layouts]
    assert ends == sorted(ends, reverse=True)


def test_an_era_that_runs_backwards_is_told() -> None:
    text = (
        'name = "T"\nfamily = "epi"\ndomains = [{ host = "thu.vn" }]\n'
        'sections = [{ slug = "x", name = "X", path = "/x" }]\n'
        'former_families = [{ family = "epi", since = 2024-01-01, until = 2023-01-01 }]\n'
    )
    with pytest.raises(ConfigError, match="since 2024-01-01 is not before until 2023-01-01"):
        parse_outlet(text, "thu.toml", FAMILY_NAMES)
    with pytest.raises(ConfigError, match="family: 'joomla' is unknown"):
        parse_outlet(
            text.replace("since = 2024-01-01, ", "").replace(
                '[{ family = "epi"', '[{ family = "joomla"'
            ),
            "thu.toml",
            FAMILY_NAMES,
        )


def _url(outlet: Outlet, section: str, page: int, zone: int | None = None) -> str | None:
    part = outlet.section(section)
    paging = paging_of(outlet, part, FAMILIES[outlet.family])
    assert paging
    return page_url(paging, outlet, part, page, zone, "731520")


@pytest.mark.parametrize(
    ("slug", "section", "page", "zone", "url"),
    [
        ("sggp", "xahoi", 2, None,
         "https://api.sggp.org.vn/api/morenews-zone-199-2.html?phrase="),
        ("tuoitre", "xa-hoi", 2, 3, "https://tuoitre.vn/timeline/3/trang-2.htm"),
        ("tuoitre", "xa-hoi", 2, None, None),
        ("cafef", "bat-dong-san", 3, None, "https://cafef.vn/timelinelist/18835/3.chn"),
        ("nld", "kinh-te", 2, 7, "https://nld.com.vn/timelinelist/1961014/2.htm"),
        ("dantri", "xa-hoi", 2, None, "https://dantri.com.vn/xa-hoi/trang-2.htm"),
        ("vnexpress", "thoi-su", 2, None, "https://vnexpress.net/thoi-su-p2"),
        ("vtcnews", "tin-moi", 2, None, "https://vtcnews.vn/tin-moi-hom-nay/trang-2.html"),
        ("znews", "xa-hoi", 2, None, "https://znews.vn/xa-hoi/trang2.html"),
        ("baocantho", "thoi-su", 2, None, "https://baocantho.com.vn/thoi-su?p=2"),
        ("laodong", "xa-hoi", 2, None, "https://laodong.vn/xa-hoi?page=2"),
        ("hanoimoi", "trang-nhat", 1, None,
         "https://hanoimoi.vn/api/getMoreArticle/24h_empty_731520_0_0"),
        ("hanoimoi", "giao-thong", 2, None, "https://hanoimoi.vn/do-thi/giao-thong/trang-2"),
        ("vietnamnet", "thoi-su", 1, None, "https://vietnamnet.vn/thoi-su-page1"),
    ],
)  # fmt: skip
def test_where_a_section_s_next_page_lies(
    slug: str, section: str, page: int, zone: int | None, url: str | None
) -> None:
    assert _url(SHIPPED[slug], section, page, zone) == url
