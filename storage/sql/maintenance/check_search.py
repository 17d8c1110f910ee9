"""Checks of the full-text index: is each article in it as its newest text says, and is it whole?"""

from sqlalchemy import Connection

from storage.sql.maintenance.check_base import Check, CheckCursor, Fault
from storage.sql.search.index import engine_of, rebuild, wrong_page

_REBUILD = "rebuild the index; crawls wait meanwhile"


def _page(conn: Connection, after: CheckCursor) -> tuple[list[Fault], CheckCursor]:
    wrong, last = wrong_page(conn, after or 0)
    what = "is not in the full-text index as its newest text says"
    found = [Fault(f"article {id_} {what}", _REBUILD, id_) for id_ in wrong]
    if last is None and not engine_of(conn).is_sound(conn):
        found.append(Fault("the index is damaged, or has other articles too", _REBUILD))
    return found, last


def _repair(conn: Connection, id_: int | None) -> None:
    is_wrong = id_ in wrong_page(conn, id_ - 1)[0] if id_ else False
    if is_wrong or not engine_of(conn).is_sound(conn):
        rebuild(conn)


SEARCH_CHECKS = (Check("full text", _page, _repair),)
