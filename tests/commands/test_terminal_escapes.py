"""Escape sequences in an imported file reach neither the archive nor the terminal."""

import json
from pathlib import Path

from storage.archive import open_archive
from storage.model.articles import ArticleQuery
from tests.support.commands import Tinquan
from tests.support.paths import ROOT

EVIL = "\x1b]0;ha\x07\x1b[2J\x9b31m"


def test_controls_of_an_import_are_not_stored_and_not_printed(
    tmp_path: Path, tinquan: Tinquan
) -> None:
    config = tmp_path / "tinquan.toml"
    config.write_text(
        f'contact = "https://example.org/contact"\narchive = "tin.db"\n'
        f'outlets = "{ROOT / "config" / "outlets"}"\n'
    )
    row = {
        "url": "https://tienphong.vn/cau-moi-post1900100.tpo",
        "fetched_at": "2026-09-14T08:00:00+07:00",
        "title": f"Cầu{EVIL} mới",
        "body": f"Một{EVIL} đoạn.",
        "authors": [f"Minh{EVIL} An"],
        "byline": f"{EVIL}Minh An",
        "credit": f"TTXVN{EVIL}",
        "tags": [f"cầu{EVIL}"],
        "section": [f"Xã hội{EVIL}"],
        "published_raw": f"hôm qua{EVIL}",
        "images": [{"url": f"https://a.vn/{EVIL}", "caption": EVIL + "ảnh", "credit": EVIL}],
        "notes": [EVIL + "ghi chú"],
    }
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row) + "\n")
    assert tinquan("import", file, "--config", config).code == 0
    with open_archive(f"sqlite:///{tmp_path / 'tin.db'}", create=False) as archive:
        (found,) = archive.articles.find(ArticleQuery())
        for name in ("\\x1b", "\\x07", "\\x9b"):
            assert name not in repr(found)
    for words in (("articles",), ("show", "1"), ("articles", "--json"), ("search", "cầu")):
        ran = tinquan(*words, "--config", config)
        assert ran.code == 0, ran.err
        assert not any(char in ran.out for char in "\x1b\x07\x9b")
