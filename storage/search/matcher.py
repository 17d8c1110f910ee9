"""Whether an article's string is what a query asks for, and how well it fits. Pure.

Both databases' answers are decided and ranked here, so they are the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from storage.search.encoding import FIELD_END, without_marks


@dataclass(frozen=True, slots=True)
class Meant:
    """What a word of a query stands for: the codes of all words that it means.

    loose: it means every word of their families.
    """

    codes: tuple[str, ...]
    loose: bool = False

    @property
    def families(self) -> tuple[str, ...]:
        """The characters of the words' families."""
        return tuple(dict.fromkeys(code[0] for code in self.codes))


@dataclass(frozen=True)
class Needle:
    """A term as it is found in strings: each word, one right after the other."""

    words: tuple[Meant, ...]

    @property
    def possible(self) -> bool:
        """False where no article has one of the words."""
        return all(word.codes for word in self.words)

    @cached_property
    def loose(self) -> bool:
        """Whether it is looked for in the string without marks."""
        return all(word.loose for word in self.words)

    @cached_property
    def _text(self) -> str | None:
        """The characters to look for, if they are always the same."""
        if self.loose:
            only = all(len(word.families) == 1 for word in self.words)
            return "".join(word.families[0] for word in self.words) if only else None
        only = all(len(word.codes) == 1 and not word.loose for word in self.words)
        return "".join(word.codes[0] for word in self.words) if only else None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        if self.loose:
            return re.compile("".join(_any_of(word.families) for word in self.words))
        return re.compile("".join(map(_marked, self.words)), re.DOTALL)

    def within(self, stream: str, families: str) -> bool:
        """Return whether it stands in `stream` at all."""
        here = families if self.loose else stream
        if self._text is not None:
            return self._text in here
        return self._pattern.search(here) is not None


def _any_of(characters: Sequence[str]) -> str:
    """Return a pattern for one of these: a character that stands by itself is searched fastest."""
    escaped = list(map(re.escape, characters))
    return escaped[0] if len(escaped) == 1 else f"[{''.join(escaped)}]"


def _marked(word: Meant) -> str:
    if word.loose:
        return _any_of(word.families) + "."
    variants: dict[str, list[str]] = {}
    for code in word.codes:
        variants.setdefault(code[0], []).append(code[1])
    forms = [re.escape(family) + _any_of(variants[family]) for family in variants]
    return forms[0] if len(forms) == 1 else f"(?={_any_of(word.families)})(?:{'|'.join(forms)})"


@dataclass(frozen=True)
class Plan:
    """A query with its words looked up.

    required: one needle at least of each group. excluded: none of these. filed: one code at least
    of each group, among an article's filings.
    """

    required: tuple[tuple[Needle, ...], ...]
    excluded: tuple[Needle, ...]
    filed: tuple[tuple[str, ...], ...]

    @cached_property
    def loose(self) -> bool:
        """Whether any needle is looked for in the string without marks."""
        return any(needle.loose for group in (*self.required, self.excluded) for needle in group)

    @property
    def possible(self) -> bool:
        """False where the lexicon already tells that nothing can match."""
        return all(self.required) and all(self.filed)

    @cached_property
    def keys_tell_all(self) -> bool:
        """Whether the keys say all of its words: a single word is a key, and no hash of one."""
        return not self.excluded and all(
            len(needle.words) == 1 for group in self.required for needle in group
        )

    def matches(self, stream: str) -> bool:
        """Return whether an article with that string is wanted."""
        return self.files(stream) and self._says(stream)

    def files(self, stream: str) -> bool:
        """Return whether it is filed as asked. stream: the first field with its end will do."""
        if not self.filed:
            return True
        filed = stream[: stream.index(FIELD_END)]
        return all(any(code in filed for code in group) for group in self.filed)

    @cached_property
    def _only(self) -> Needle | None:
        """The needle, where it is all that is asked for, as often."""
        groups = self.required if not self.excluded else ()
        return groups[0][0] if len(groups) == 1 and len(groups[0]) == 1 else None

    def _says(self, stream: str) -> bool:
        families = without_marks(stream) if self.loose else ""
        if self._only is not None:
            return self._only.within(stream, families)
        return all(
            any(needle.within(stream, families) for needle in group) for group in self.required
        ) and not any(needle.within(stream, families) for needle in self.excluded)
