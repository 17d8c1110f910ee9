"""The names that programs outside this house rely on."""

import storage


def test_the_public_names_stay() -> None:
    assert set(storage.__all__) == {
        "Archive",
        "ArticleQuery",
        "ClusterQuery",
        "EditQuery",
        "SearchQuery",
        "TinquanError",
        "open_archive",
        "parse_words",
    }
    assert all(hasattr(storage, name) for name in storage.__all__)
