"""The tables [[watches]] of the configuration: what to notify whom of, and when. Pure."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from crawler.outlets.cadence import Table
from storage import parse_words
from storage.errors import ConfigError, QueryError
from storage.model.articles import ArticleKind
from storage.model.places import Confidence
from storage.model.watches import Topic

Language = Literal["vi", "en"]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

_WHEN = re.compile(r"daily ([01]\d|2[0-3]):[0-5]\d|hourly|at once")
_CONDITIONS = ("words", "places", "outlets", "sections", "authors", "tags", "kinds")


class Watch(Table):
    """A saved query, and the channels that are notified of what it finds.

    name: the user's choice; a renamed watch starts over. words: in the syntax of `tinquan search`;
    fold: ignore diacritics in them. places: names or ids, any of which matches; reach: how far
    each goes; about: the least confidence that an article is about them. outlets, sections,
    authors, tags, kinds: any of the values matches.
    tell: the topics to report. least_change: the least share of changed words in a reported edit.
    most: the most entries for a topic in a digest.
    to: names of channels. when: "daily 06:30", "hourly" (both in Việt Nam's time) or "at once".
    always: send a digest even if it is empty.
    feed: an Atom file for what the watch finds, relative to the configuration's root.
    """

    name: str = Field(max_length=60)
    words: str = ""
    fold: bool = False
    places: tuple[Text, ...] = ()
    reach: Literal["core", "touched", "none"] = "core"
    about: Confidence = "likely"
    outlets: tuple[Text, ...] = ()
    sections: tuple[Text, ...] = ()
    authors: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()
    kinds: tuple[ArticleKind, ...] = ()
    tell: tuple[Topic, ...] = Field(("new", "edits", "removed"), min_length=1)
    least_change: float = Field(0.02, ge=0, le=1)
    most: int = Field(20, ge=1, le=200)
    to: tuple[str, ...] = ()
    when: str = "daily 06:30"
    language: Language = "vi"
    always: bool = False
    feed: str = ""

    @field_validator("name")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable() or value != " ".join(value.split()) or not value:
            raise ValueError("expected a name of letters on one line")
        return value

    @field_validator("when")
    @classmethod
    def _is_a_time(cls, value: str) -> str:
        if not _WHEN.fullmatch(value):
            raise ValueError('expected "daily 06:30" (hours and minutes), "hourly" or "at once"')
        return value

    @field_validator("feed")
    @classmethod
    def _is_a_file(cls, value: str) -> str:
        if value and PurePath(value).suffix not in (".atom", ".xml"):
            raise ValueError("expected a file that ends in .atom or .xml")
        return value

    @model_validator(mode="after")
    def _has_conditions_and_targets(self) -> Self:
        try:
            parse_words(self.words, fold=self.fold)
        except QueryError as error:
            raise ValueError(f"words: {error}") from None
        if not any(getattr(self, name) for name in _CONDITIONS):
            raise ValueError(f"asks for everything: expected one of {', '.join(_CONDITIONS)}")
        if not self.to and not self.feed:
            raise ValueError('tells nobody: expected to = ["CHANNEL"], or feed = "FILE.atom"')
        return self


def check_watches(watches: Iterable[Watch], channels: Mapping[str, str]) -> None:
    """Raise ConfigError for two watches of one name or one feed, and for an unknown channel."""
    names: set[str] = set()
    feeds: set[PurePath] = set()
    for watch in watches:
        if watch.name in names:
            raise ConfigError(f"watches: two are called {watch.name!r}: expected a name for each")
        if watch.feed and PurePath(watch.feed) in feeds:
            raise ConfigError(f"watches: two write {watch.feed!r}: expected a feed for each")
        for name in watch.to:
            if name not in channels:
                known = ", ".join(sorted(channels)) or "none; add a table [channels]"
                raise ConfigError(
                    f"watches: {watch.name!r}: to: no channel is called {name!r}: there are {known}"
                )
        names.add(watch.name)
        feeds.add(PurePath(watch.feed))
