"""The views for SQL users: the stable interface of docs/sql.md over tables that may change.

Views are code, not data: every upgrade drops them before it alters tables, and creates them again.
"""

import sqlalchemy as sa
from sqlalchemy import Connection

from storage.sql.engine.backend import choose

# Expressions that differ between the databases; t is a row of contents, r one of revisions.
_ON_SQLITE = {
    "text": "json_extract(t.json, '$.{0}')",
    "list": "(SELECT group_concat(value, '{1}') FROM json_each(t.json, '$.{0}'))",
    "body": (
        "(SELECT group_concat(json_extract(value, '$.text'), char(10))"
        " FROM json_each(t.json, '$.blocks'))"
    ),
    "time": "strftime('%Y-%m-%dT%H:%M:%f', json_extract(t.json, '$.{0}')) || '000Z'",
    "changed": "(SELECT group_concat(value, ', ') FROM json_each(r.changed))",
    "day": "date({0}, '+7 hours')",
}
_ON_POSTGRESQL = {
    "text": "CAST(t.json AS json) ->> '{0}'",
    "list": (
        "(SELECT string_agg(value, '{1}')"
        " FROM json_array_elements_text(CAST(t.json AS json) -> '{0}') AS listed(value))"
    ),
    "body": (
        "(SELECT string_agg(value ->> 'text', E'\\n')"
        " FROM json_array_elements(CAST(t.json AS json) -> 'blocks') AS listed(value))"
    ),
    "time": "CAST(CAST(t.json AS json) ->> '{0}' AS timestamptz)",
    "changed": (
        "(SELECT string_agg(value, ', ')"
        " FROM json_array_elements_text(CAST(r.changed AS json)) AS listed(value))"
    ),
    "day": "CAST({0} AT TIME ZONE 'Asia/Ho_Chi_Minh' AS date)",
}

_REVISION = """
SELECT r.article, r.number AS revision, a.outlet, a.article_id AS outlet_article_id,
  {url} AS url, {title} AS title, {dateline} AS dateline, {sapo} AS lead, {body} AS body,
  {authors} AS authors, {byline} AS byline, {credit} AS credit, {section} AS section,
  {tags} AS tags, {kind} AS kind, {language} AS language, {notes} AS notes,
  {published_at} AS published_at, {modified_at} AS modified_at,
  r.first_seen_at, r.last_seen_at, {changed} AS changed, r.maybe_reextraction,
  c.captured_at, c.status, c.warc_file, c.warc_offset, c.digest
FROM revisions r JOIN articles a ON a.id = r.article
JOIN captures c ON c.id = r.capture JOIN contents t ON t.id = c.content"""

_SELECTS = {
    "article_revision": _REVISION,
    "article_latest": """
SELECT v.*, v.revision AS revisions, a.sort_at,
  (SELECT s.source FROM copies s WHERE s.article = v.article AND NOT s.is_update) AS copy_of,
  (SELECT s.source FROM copies s WHERE s.article = v.article AND s.is_update) AS updated_from,
  (SELECT min(f.captured_at) FROM refusals f JOIN refused_urls u ON u.refusal = f.id
    JOIN keys k ON k.key = u.key AND k.outlet = v.outlet AND k.article = v.article
    WHERE f.article = v.article AND f.reason = 'not_found' AND f.captured_at > v.last_seen_at
      AND k.value = (SELECT {last_url} FROM captures c JOIN contents t ON t.id = c.content
        WHERE c.article = v.article ORDER BY c.captured_at DESC, c.id DESC LIMIT 1)
  ) AS removed_at
FROM articles a JOIN article_revision v ON v.article = a.id
WHERE v.revision = (SELECT max(n.number) FROM revisions n WHERE n.article = a.id)""",
    "article_place": """
SELECT p.article, p.unit, u.type || ' ' || u.name AS name, u.name AS bare_name, u.level,
  CASE WHEN u.level = 'district' THEN u.type || ' ' || u.name
       WHEN above.level = 'district' THEN above.type || ' ' || above.name END AS district,
  CASE WHEN u.level = 'province' THEN u.name WHEN above.level = 'province' THEN above.name
       ELSE top.name END AS province,
  u.valid_from, u.valid_to, p.outlet, p.sort_at, p.confidence
FROM article_places p JOIN units u ON u.id = p.unit
LEFT JOIN units above ON above.id = u.parent LEFT JOIN units top ON top.id = above.parent""",
    "article_copy": """
SELECT p.article, a.outlet, a.title, a.published_at, p.source, s.outlet AS source_outlet,
  s.title AS source_title, s.published_at AS source_published_at, p.similarity,
  CASE WHEN p.is_update THEN 'updated from' ELSE 'copy of' END AS relation
FROM copies p JOIN articles a ON a.id = p.article JOIN articles s ON s.id = p.source""",
    "outlet_day": """
SELECT outlet, day, sum(articles) AS articles, sum(edits) AS edits, sum(refusals) AS refusals
FROM (
  SELECT outlet, {day_sorted} AS day, 1 AS articles, 0 AS edits, 0 AS refusals
  FROM articles WHERE sort_at IS NOT NULL
  UNION ALL
  SELECT a.outlet, {day_seen}, 0, 1, 0 FROM revisions r JOIN articles a ON a.id = r.article
  WHERE r.number > 1
  UNION ALL
  SELECT outlet, {day_captured}, 0, 0, 1 FROM refusals
) AS counted GROUP BY outlet, day""",
    "refusal": """
SELECT f.id AS refusal, f.outlet, f.url, f.captured_at, f.reason, f.evidence, f.article,
  c.status, c.warc_file, c.warc_offset
FROM refusals f JOIN captures c ON c.id = f.capture""",
    "run": """
SELECT id AS run, outlet, kind, replay, started_at, ended_at, outcome, error, requested, fetched,
  links, new, revised, copies, unchanged, known, failed, refused, received_bytes, log_file
FROM runs""",
}

VIEWS = tuple(_SELECTS)
"""The names of the views; each follows the views that it reads."""

_TEXTS = ("url", "title", "dateline", "sapo", "byline", "credit", "kind", "language")
_LISTS = {"authors": ", ", "section": " › ", "tags": ", ", "notes": ", "}


def make_views(conn: Connection) -> None:
    """Create every view; none may exist yet (`drop_views`)."""
    for name, select in _SELECTS.items():
        conn.exec_driver_sql(f"CREATE VIEW {name} AS {_filled(conn, select)}")


def drop_views(conn: Connection) -> None:
    """Drop those of our views that exist."""
    existing = set(sa.inspect(conn).get_view_names())
    for name in reversed(VIEWS):
        if name in existing:
            conn.exec_driver_sql(f"DROP VIEW {name}")


def _filled(conn: Connection, select: str) -> str:
    forms = choose(conn, sqlite=_ON_SQLITE, postgresql=_ON_POSTGRESQL)
    return select.format(
        **{name: forms["text"].format(name) for name in _TEXTS},
        **{name: forms["list"].format(name, separator) for name, separator in _LISTS.items()},
        **{name: forms["time"].format(name) for name in ("published_at", "modified_at")},
        body=forms["body"],
        changed=forms["changed"],
        last_url=forms["text"].format("url"),
        day_sorted=forms["day"].format("sort_at"),
        day_seen=forms["day"].format("r.first_seen_at"),
        day_captured=forms["day"].format("captured_at"),
    )
