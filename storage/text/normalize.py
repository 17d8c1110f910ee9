"""Unicode normalization, tone placement and diacritic folding for Vietnamese.

Pure, standard library only. Search, fingerprints and the gazetteer lookup all use these functions,
so that they agree on which words are equal.
"""

import re
import unicodedata

_ETH = tuple(zip("ÐðƉɖ", "ĐđĐđ", strict=True))  # look-alikes that keyboards and OCR write for Đ
_LINE_BREAKS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
# For use in character classes: controls, soft hyphen, zero-width and direction marks, BOM.
_UNSEEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
)
_BLANKS = "\t\v\f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""All control characters but tab and line break, for use in character classes: they are invisible
and not printable, and terminals act on them."""
_UNSTORABLE = re.compile(f"[{CONTROLS}\ud800-\udfff]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_INVISIBLE = re.compile(f"[{_UNSEEN}]")
_SPACES = re.compile(f"[ {_BLANKS}]+")
_TONES = {
    f"{first}{toned}": f"{moved}{second}"
    for first, second, firsts, seconds in (
        ("o", "a", "òóỏõọ", "àáảãạ"),
        ("o", "e", "òóỏõọ", "èéẻẽẹ"),
        ("u", "y", "ùúủũụ", "ỳýỷỹỵ"),
    )
    for moved, toned in zip(firsts, seconds, strict=True)
}
# Two character classes are four times as fast as the exact pairs with a look-behind. They also
# match other pairs, and vowels after "q", which `_move_tone` leaves unchanged.
_MAYBE_NEW_TONE = re.compile(
    "[oOuU][àáảãạèéẻẽẹỳýỷỹỵÀÁẢÃẠÈÉẺẼẸỲÝỶỸỴ]" + r"(?![^\W\d_])",
)


def storable(text: str) -> str:
    """Return `text` with control characters and lone surrogates replaced by U+FFFD."""
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def escaped(json: str) -> str:
    """Return a JSON text with lone surrogates escaped, as UTF-8 cannot encode them."""
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", json)


def normalize(text: str) -> str:
    """Return `text` in NFC, with look-alikes of Đ replaced, without invisible characters.

    Line breaks become "\\n"; every other run of whitespace, NBSP included, becomes one space.
    """
    if _is_plain(text):
        return unicodedata.normalize("NFC", _real_eth(text))
    # Invisible characters go first: between a letter and its mark they would prevent composition.
    text = _real_eth(_INVISIBLE.sub("", _LINE_BREAKS.sub("\n", text)))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text))


def lines(text: str) -> list[str]:
    """Return the lines of `text`, split at "\\n", with every other run of whitespace as one space.

    Otherwise like `normalize`, for texts that are compared; five times as fast.
    """
    if _is_plain(text.replace("\n", "")):
        composed = unicodedata.normalize("NFC", _real_eth(text))
        return [line.strip(" ") for line in composed.split("\n")]
    composed = unicodedata.normalize("NFC", _real_eth(_INVISIBLE.sub("", text)))
    return [" ".join(line.split()) for line in composed.split("\n")]


def _is_plain(text: str) -> bool:
    """True if the only whitespace is single spaces and nothing is invisible (not printable)."""
    return text.isprintable() and "  " not in text


def one_line(text: str) -> str:
    """Return `normalize(text)` stripped, with every run of whitespace as one space."""
    return " ".join(filter(None, lines(text)))


def _real_eth(text: str) -> str:
    if text.isascii():
        return text
    for look_alike, eth in _ETH:  # faster than str.translate, which maps each character
        text = text.replace(look_alike, eth)
    return text


def _move_tone(match: re.Match[str]) -> str:
    pair = match.group()
    moved = _TONES.get(pair.lower())
    if moved is None or match.string[max(match.start() - 1, 0)] in "qQ":
        return pair
    return "".join(
        new.upper() if old.isupper() else new for old, new in zip(pair, moved, strict=True)
    )


def canonical_tone(text: str) -> str:
    """Return NFC `text` in the older tone placement: "hoà" → "hòa", "thuỷ" → "thủy".

    Only open syllables in oa, oe, uy have two spellings; "quý", "toán", "khoẻn" have one.
    The length is unchanged, so offsets stay valid.
    """
    return _MAYBE_NEW_TONE.sub(_move_tone, text)


def fold(text: str) -> str:
    """Return `text` in lower case without diacritics, đ folded to d.

    The length of NFC input is unchanged, if each of its letters has a lower-case form of one
    character.
    """
    decomposed = unicodedata.normalize("NFD", _real_eth(text).lower())
    stripped = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", stripped).replace("đ", "d")
