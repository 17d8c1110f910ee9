"""Fill a large archive on PostgreSQL by SQL, and measure it.

    python -m benchmarks.large_archive URL [CAPTURES …]

URL: of an empty database, for a superuser. Fills it in steps (200,000, 1,000,000 and 5,000,000
captures, of which four in five are articles) and measures after each the main queries and writes
(`benchmarks.large_queries`). At 20 million articles a year, 5,000,000 captures are ten weeks of 300
outlets. Texts and vectors are short: only what grows with the number of rows is measured.
5,000,000 captures take 12 GB and half an hour.
"""

import random
import sys
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from benchmarks.large_queries import BEGIN, STEP, measure
from benchmarks.search_archives import quick_json
from crawler.places.tag_articles import load_into
from crawler.shipped import shipped
from storage.archive import Archive, open_archive
from storage.model.articles import Article, Block, Extraction
from storage.search.document import document_of
from storage.sql.search.tsvector import vector_of
from storage.text.words import lexemes

OUTLETS, POOL, WORDS = 300, 20_000, 18
_ONSETS = "b c ch d đ g gi h kh l m n ng nh ph qu r s t th tr v x"
_RIMES = "a à á ả ã ạ an ang anh ao ay âm ân ât em ên êt i inh iê o ong ô ôn ơ ơi u ung ư ương ươi"
SYLLABLES = [onset + rime for onset in _ONSETS.split() for rime in _RIMES.split()]

# n: an article's number, in order of time. p: its text in the pool.
_MADE = f"""
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT n, p.number, p.outlet, p.unit,
    TIMESTAMPTZ '{BEGIN.isoformat()}' + n * INTERVAL '{STEP.total_seconds()} s' AS at,
    'https://' || p.outlet || '.vn/bai-' || n || '.html' AS url,
    p.outlet || '-' || floor(n * {STEP.total_seconds()} / 1800)::int AS run
FROM generate_series(CAST(:after AS bigint) + 1, :until) n
JOIN pool p ON p.number = abs(hashint8(n) % {POOL})
"""
_RUNS = f"""
INSERT INTO runs (id, outlet, started_at, sections, replay, ended_at, outcome, kind, new_by_section,
    exit_code, requested, fetched, links, new, revised, unchanged, known, failed, refused,
    received_bytes)
SELECT slug || '-' || n, slug, at, '["tin"]', false, at + interval '40 s', 'done', 'crawl',
    json_build_object('tin', json_build_array(
        to_char(at - interval '3 min', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
        to_char(at - interval '9 min', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')))::text,
    0, 5, 5, 20, 3, 0, 0, 17, 0, '{{}}', 100000
FROM outlets, generate_series(
    floor(CAST(:after AS bigint) * {STEP.total_seconds()} / 1800)::int + (:after > 0)::int,
    floor(CAST(:until AS bigint) * {STEP.total_seconds()} / 1800)::int) n,
    LATERAL (SELECT TIMESTAMPTZ '{BEGIN.isoformat()}' + n * INTERVAL '30 min' AS at) t
"""

# One article in four is captured twice, one in twenty is edited; one in thirty has a refusal too.
_CAPTURE = """
INSERT INTO captures (id, outlet, run, url, captured_at, status, warc_file, warc_offset, record_id,
    digest, observation_key, article, content, version, read_at)
SELECT {id}, outlet, run, url, {at}, 200, outlet || '/' || run || '.warc.gz', n, 'uuid:' || {id},
    'sha1:' || n, decode(md5('s' || {id}), 'hex'), {article}, {content}, 9, {at}
FROM made WHERE {where}
"""
_LATER = "at + interval '2 hours'"
_FIRST, _SECOND, _REFUSED = "n + (n - 1) / 4", "n + n / 4", "200000000 + n"
_EDITED = "CASE WHEN n % 20 = 0 THEN 100000000 + n ELSE n END"
_CONTENT = """
INSERT INTO contents (id, digest, fingerprint, json)
SELECT {id}, decode(md5('c' || {id}), 'hex'), '1:' || {id}, replace(json, '@', n::text)
FROM made JOIN pool USING (number) WHERE {where}
"""
_REVISION = """
INSERT INTO revisions
SELECT n, {number}, '1:' || {content}, {at}, {at}, '{changed}', {capture}, false
FROM made WHERE {where}
"""
_STATEMENTS = (
    "INSERT INTO articles SELECT n, made.outlet, n::text, url, title, at, at FROM made JOIN pool"
    " USING (number)",
    "INSERT INTO keys SELECT decode(md5(url), 'hex'), outlet, 'url', url, n FROM made",
    _CONTENT.format(id="n", where="true"),
    _CONTENT.format(id="100000000 + n", where="n % 20 = 0"),
    _CAPTURE.format(id=_FIRST, at="at", article="n", content="n", where="true"),
    _CAPTURE.format(id=_SECOND, at=_LATER, article="n", content=_EDITED, where="n % 4 = 0"),
    _CAPTURE.format(id=_REFUSED, at="at", article="NULL", content="NULL", where="n % 30 = 1"),
    _REVISION.format(number=1, content="n", at="at", changed="[]", capture=_FIRST, where="true"),
    _REVISION.format(
        number=2, content="n", at=_LATER, changed='["body"]', capture=_SECOND, where="n % 20 = 0"
    ),
    "INSERT INTO refusals (id, capture, outlet, url, captured_at, reason, evidence)"
    f" SELECT n, {_REFUSED}, outlet, url || '?video', at, 'video', 'player'"
    " FROM made WHERE n % 30 = 1",
    # Only the last refusals may have to be retried: see `links.due`.
    "UPDATE refused_urls SET open = false WHERE open",
    "INSERT INTO refused_urls SELECT decode(md5(url || '?video'), 'hex'), n, url || '?video', "
    " n > :until - 50000 FROM made WHERE n % 30 = 1",
    # One article in seven is a copy of another article.
    "INSERT INTO signatures SELECT n, 2, decode(md5(s || 'a') || md5(s || 'b') || md5(s || 'c')"
    " || md5(s || 'd'), 'hex')"
    " FROM made, LATERAL (SELECT CASE WHEN n % 7 = 0 THEN n - 3 ELSE n END AS s) t",
    "INSERT INTO copies SELECT n, n - 3, 1.0, false FROM made WHERE n % 7 = 0 AND n > 7",
    "INSERT INTO search_documents (article, content, sort_at, filed, vector)"
    f" SELECT n, {_EDITED}, at, filed, vector || CASE WHEN n % 80000 = 7"
    f" THEN '''{lexemes('hiếm')}''\\:90'::tsvector ELSE ''::tsvector END"
    " FROM made JOIN pool USING (number)",
    "INSERT INTO tags SELECT n, 'v1', NULL FROM made",
    "INSERT INTO scores SELECT n, 1, unit, 0.9, 'certain' FROM made",
    "INSERT INTO article_places SELECT unit, at, n, outlet, 'certain' FROM made",
    "INSERT INTO links SELECT outlet, decode(md5(url), 'hex'), decode(md5(url), 'hex'), url,"
    " 'sitemap', at, to_char(at, 'YYYY-MM-DD') FROM made WHERE n % 4 = 0",
)
_FILLED = (
    "runs articles keys contents captures revisions refusals refused_urls signatures copies"
    " search_documents tags scores article_places links"
)
_OWN_NUMBERS = 500_000_000  # rows stored through the archive get ids from here


def texts(units: list[str]) -> list[dict[str, Any]]:
    """Return a pool of texts with the column values that depend on them."""
    chance = random.Random(7)
    rows = []
    for number in range(POOL):
        outlet = f"bao{int(OUTLETS * chance.random() ** 2):03}"
        words = [SYLLABLES[int(len(SYLLABLES) * chance.random() ** 3)] for _ in range(WORDS)]
        article = Article(
            outlet=outlet,
            url=f"https://{outlet}.vn/bai-@.html",
            title=" ".join(words[:5]),
            blocks=(Block("paragraph", " ".join(words[5:])),),
            extraction=Extraction("bench", "1", "page", 9),
            article_id="@",
            published_at=BEGIN,
        )
        document = document_of(article)
        rows.append(
            {
                "number": number,
                "outlet": outlet,
                "unit": units[int(len(units) * chance.random() ** 3)],
                "title": article.title,
                "json": quick_json(article),
                "vector": vector_of(document),
                "filed": document.filed,
            }
        )
    return rows


def prepare(archive: Archive) -> None:
    """Write the tables that do not grow: outlets, units, the pool of texts."""
    load_into(archive, shipped("gazetteer"))
    with archive.database.writing() as conn:
        current = "SELECT id FROM units WHERE current ORDER BY id"
        rows = texts(list(conn.exec_driver_sql(current).scalars()))
        slugs = [{"slug": f"bao{number:03}"} for number in range(OUTLETS)]
        conn.execute(sa.text("INSERT INTO outlets VALUES (:slug)"), slugs)
        conn.exec_driver_sql(
            "CREATE TABLE pool (number int PRIMARY KEY, outlet text, unit text, title text,"
            " json text, vector tsvector, filed text)"
        )
        columns = ", ".join(f":{name}" for name in rows[0])
        conn.execute(sa.text(f"INSERT INTO pool VALUES ({columns})"), rows)
        for table in ("articles", "contents", "captures", "refusals"):
            conn.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {_OWN_NUMBERS})"
            )


def grow(archive: Archive, after: int, until: int) -> None:
    """Add the articles with numbers in (after, until]; drop and rebuild the indexes."""
    with archive.database.writing() as conn:
        # Skips foreign keys, which are known to be right.
        conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
        conn.exec_driver_sql("SET LOCAL lock_timeout = 0")
        indexes = _without_indexes(conn)
        for statement in (_MADE, _RUNS, *_STATEMENTS):
            begun = time.perf_counter()
            conn.execute(sa.text(statement), {"after": after, "until": until})
            print(f"  {' '.join(statement.split())[:40]}: {time.perf_counter() - begun:.0f} s")
        for statement in indexes:
            begun = time.perf_counter()
            conn.exec_driver_sql(statement)
            print(f"  {statement[:70]}: {time.perf_counter() - begun:.0f} s", flush=True)
    with archive.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as conn:
        conn.exec_driver_sql("VACUUM ANALYZE")
        conn.exec_driver_sql("CHECKPOINT")


def _without_indexes(conn: Connection) -> list[str]:
    """Drop the indexes that no constraint needs; return the statements that create them."""
    found = conn.execute(
        sa.text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(:tables)"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint)"
        ),
        {"tables": _FILLED.split()},
    ).all()
    for name, _ in found:
        conn.exec_driver_sql(f'DROP INDEX "{name}"')
    return [definition for _, definition in found]


def sizes(archive: Archive) -> None:
    """Print the sizes of the largest tables."""
    query = """
    SELECT relname, reltuples::bigint, pg_table_size(oid) / 1e6, pg_indexes_size(oid) / 1e6
    FROM pg_class WHERE relkind = 'r' AND reltuples > 10000 AND relname <> 'pool'
    ORDER BY pg_total_relation_size(oid) DESC"""
    with archive.database.reading() as conn:
        for name, rows, table, indexes in conn.exec_driver_sql(query):
            print(f"  {name:<16} {rows:>10,} rows {table:>7.0f} MB, indexes {indexes:>6.0f} MB")


def main(url: str, steps: list[int]) -> None:
    """Fill and measure, step by step."""
    with open_archive(url) as archive:
        prepare(archive)
        before = 0
        for captures in steps:
            count, begun = captures * 4 // 5, time.perf_counter()
            grow(archive, before, count)
            took = time.perf_counter() - begun
            print(f"{captures:,} captures of {count:,} articles in {took:.0f} s")
            sizes(archive)
            measure(archive, count, BEGIN + count * STEP)
            before = count


if __name__ == "__main__":
    main(sys.argv[1], [int(count) for count in sys.argv[2:]] or [200_000, 1_000_000, 5_000_000])
