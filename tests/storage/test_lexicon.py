"""The lexicon's words: what it must forget, and what connections must not remember."""

import pytest
import sqlalchemy as sa

from storage.archive import Archive
from storage.errors import ArchiveError
from storage.search.encoding import fts_tokens
from storage.sql.schema.search import lexicon
from tests.support.samples import article
from tests.support.searching import filled, ids
from tests.support.tagging import put


def words(archive: Archive) -> set[str]:
    with archive.database.reading() as conn:
        return set(conn.execute(sa.select(lexicon.c.word)).scalars())


def test_what_an_edit_takes_out_leaves_the_lexicon_too(archive: Archive) -> None:
    put(archive, 0, article(1, "Gọi 0912345678 gặp Nguyenvanbinhphuong.", tags=("Vụ Bình Phương",)))
    put(archive, 1, article(2, "Số nhà 17 ngõ 0912000000."))
    assert {"0912345678", "\x1ftag\x1fvụ bình phương"} <= words(archive)
    put(archive, 9, article(1, "Gọi số 0912000000.", tags=()))
    left = words(archive)
    assert not {"0912345678", "nguyenvanbinhphuong", "\x1ftag\x1fvụ bình phương"} & left
    assert {"gọi", "gặp", "0912000000"} <= left
    assert ids(archive, "0912000000", order="date") == ["2", "1"]


def test_words_of_a_commit_that_failed_are_numbered_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(archive, "Nước sông lên.")

    def fail(_connection: object) -> None:
        raise archive.database.engine.dialect.loaded_dbapi.OperationalError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr(archive.database.engine.dialect, "do_commit", fail)
        with pytest.raises(ArchiveError):
            put(archive, 5, article(2, "Chó sủa trăng."))
    put(archive, 6, article(3, "Mèo trèo cây cau."))
    put(archive, 7, article(2, "Chó sủa trăng."))
    assert ids(archive, "chó") == ["2"]
    assert ids(archive, "mèo") == ["3"]
    assert [*archive.maintenance.check(lambda _name: None)] == []


def test_no_strings_have_no_tokens() -> None:
    assert fts_tokens([]) == []
    assert fts_tokens([""]) == [""]
