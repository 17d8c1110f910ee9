"""`tinquan crawl URL`, `backfill`, `coverage` and `outlets new URL` as a user types them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import crawler.jobs.supervisor
from crawler.config.config import Config
from crawler.jobs.crawl_job import CrawlJob, crawl_argv
from storage.archive import open_archive
from storage.model.articles import ArticleQuery
from storage.model.runs import Outcome
from tests.support.commands import Ran, Tinquan
from tests.support.family_fill import fill
from tests.support.family_sites import HOSTS, SITES
from tests.support.paths import ROOT
from tests.support.site import Answer, LocalSite

[VCCORP] = [site for site in SITES if site.family == "vccorp"]
ADHOC = "baola.vn"


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSite]:
    """Yield the sites; crawls that a command starts can reach nothing else."""
    with LocalSite(tmp_path, [*HOSTS, ADHOC]) as site:
        fill(site, VCCORP)
        settings = {"TINQUAN_RESOLVE": json.dumps(site.resolve), "DOWNLOAD_DELAY": "0"}

        def local_argv(job: CrawlJob, config: Config) -> list[str]:
            extra = [word for name, value in settings.items() for word in ("-s", f"{name}={value}")]
            return [*crawl_argv(job, config), *extra]

        monkeypatch.setattr(crawler.jobs.supervisor, "crawl_argv", local_argv)
        monkeypatch.setenv("SSL_CERT_FILE", str(site.authority))
        monkeypatch.setenv("PYTHONPATH", str(ROOT))
        (tmp_path / "outlets").mkdir()
        file = tmp_path / "outlets" / f"{VCCORP.slug}.toml"
        file.write_text(VCCORP.outlet_file() + "[politeness]\ndelay_seconds = 0.5\njitter = 0\n")
        gazetteer = f'gazetteer = "{ROOT}/config/gazetteer"'
        own = 'outlets = "outlets"\nshipped_outlets = false\n'
        text = f'contact = "https://example.org/t"\n{own}{gazetteer}\n'
        (tmp_path / "tinquan.toml").write_text(text)
        monkeypatch.setenv("TINQUAN_CONFIG", str(tmp_path / "tinquan.toml"))
        yield site


@pytest.mark.slow
def test_a_backfill_goes_on_where_its_budget_ended_it(
    local: LocalSite, tinquan: Tinquan, tmp_path: Path
) -> None:
    words = ("backfill", VCCORP.slug, "--from", "2026-08-20", "--to", "2026-08-31")
    ran = tinquan(*words, "--budget", 9, "--oldest-first")
    assert ran.code == 0, ran.err
    assert len(local.asked) == 9
    assert "its budget of 9 requests is used up; the same command continues" in ran.out
    asked = [address for address in local.asked if "sitemaps-" in address]
    assert [re.findall(r"8-(\d+)-", a)[0] for a in asked] == sorted(
        [re.findall(r"8-(\d+)-", a)[0] for a in asked], key=int
    )
    ran = tinquan(*words, "--json")
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert [run["outcome"] for run in told["runs"]] == ["done"]
    assert sum(row["promised"] for row in told["coverage"]) == 10
    assert not any(row["missing"] for row in told["coverage"])
    with open_archive(f"sqlite:///{tmp_path / 'tinquan.db'}") as archive:
        assert len(list(archive.articles.find(ArticleQuery()))) == 10
        assert [run.sections for run in archive.runs.find()] == [(), ()]

    shown = tinquan("coverage", VCCORP.slug, "--by", "day", "--since", "2026-08-30")
    assert shown.code == 0
    assert "2026-08-30" in shown.out
    assert "2026-08-29" not in shown.out
    assert "█" in shown.out
    months = json.loads(tinquan("coverage", VCCORP.slug, "--json").out)
    assert months == {
        "periods": [
            {"period": "2026-08", "promised": 10, "stored": 10, "refused": 0, "missing": 0}
        ],
        "missing": [],
    }


@pytest.mark.slow
def test_an_address_of_a_stranger_is_crawled_generically(
    local: LocalSite, tinquan: Tinquan, tmp_path: Path
) -> None:
    for item in VCCORP.fresh:
        html = local.routes[item.url.removeprefix("https://")]
        local.routes[f"{ADHOC}{item.url.split(VCCORP.host)[1]}"] = html
    links = "".join(
        f'<li><a href="{item.url.split(VCCORP.host)[1]}">{item.title}</a></li>'
        for item in VCCORP.fresh
    )
    menu = '<nav><a href="/xa-hoi.htm">Xã hội</a><a href="/ha-noi.htm">Hà Nội</a></nav>'
    local.routes[f"{ADHOC}/"] = Answer(f"<html><body>{menu}<ul>{links}</ul></body></html>")
    ran = tinquan("crawl", f"https://{ADHOC}/", "--limit", 3)
    assert ran.code == 0, ran.err
    assert "generic family and kept as outlet baola" in ran.err.replace("\n", " ")
    with open_archive(f"sqlite:///{tmp_path / 'tinquan.db'}") as archive:
        found = list(archive.articles.find(ArticleQuery(outlets=("baola",))))
        assert len(found) == 3
        assert archive.runs.find("baola")[0].outcome is Outcome.DONE
    assert local.asked[0] == f"{ADHOC}/robots.txt"
    assert len(json.loads(tinquan("articles", "--outlet", "baola", "--json").out)) == 3
    assert "no outlet 'nobody'" in tinquan("articles", "--outlet", "nobody").err
    assert len(json.loads(tinquan("runs", "--outlet", "baola", "--json").out)) == 1

    one = f"https://{ADHOC}{VCCORP.fresh[7].url.split(VCCORP.host)[1]}"
    local.asked.clear()
    ran = tinquan("outlets", "new", one, "--folder", tmp_path)
    assert ran.code == 0, ran.err
    assert local.asked == [f"{ADHOC}/robots.txt", one.removeprefix("https://")]
    assert 'family = "vccorp"' in (tmp_path / "outlets" / "baola.toml").read_text("utf-8")
    [fixture] = tmp_path.glob("baola_*.json")
    assert json.loads(fixture.read_text("utf-8"))["expect"]["title"] == VCCORP.fresh[7].title


def test_an_inside_address_is_never_asked(local: LocalSite, tinquan: Tinquan) -> None:
    ran: Ran = tinquan("crawl", "https://10.0.0.1/x")
    assert ran.code == 2
    assert "expected an address of a site" in ran.err
    assert local.asked == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["backfill", "baovccorp", "--from", "2026-09-02", "--to", "2026-09-01"], "is after --to"),
        (["backfill", "baovccorp", "--from", "x", "--to", "2026-09-01"], "--from 'x': expected"),
        (["backfill", "nobody", "--from", "2026-09-01", "--to", "2026-09-01"], "no outlet"),
        (["coverage", "baovccorp", "--by", "week"], "--by 'week': expected day or month"),
        (["crawl", "https://baola.vn/", "--replay", "x.warc.gz"], "x.warc.gz: no such file"),
    ],
)
def test_wrong_words_are_told_in_a_line(
    local: LocalSite, tinquan: Tinquan, words: list[str], told: str
) -> None:
    ran = tinquan(*words)
    assert ran.code in {1, 2}
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1
    assert local.asked == []


def test_coverage_says_where_no_sitemap_was_read(local: LocalSite, tinquan: Tinquan) -> None:
    with open_archive(f"sqlite:///{local.authority.parent / 'tinquan.db'}"):
        pass
    ran = tinquan("coverage", VCCORP.slug)
    assert ran.code == 0
    assert "no sitemap of baovccorp has been read" in ran.out
