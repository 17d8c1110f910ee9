"""Unicode for Vietnamese: one normal form, one tone placement, one way to fold.

Pure, standard library only. Both databases and the places matcher use these, so that a
search, a fingerprint and a gazetteer lookup agree on what "the same word" is.
"""

import re
import unicodedata

_ETH = tuple(zip("ÐðƉɖ", "ĐđĐđ", strict=True))  # look-alikes that keyboards and OCR put for Đ
_LINE_BREAKS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
# Insides of character classes. Controls, soft hyphen, zero-width and direction marks, BOM:
_UNSEEN = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
)
_BLANKS = "\t\v\f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
CONTROLS = "\x00-\x08\x0b-\x1f\x7f-\x9f"
"""All but tab and line break, inside of a character class: terminals act on them, no reader sees
them, and none is printable."""
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
# One class before one class: four times as fast as the pairs themselves behind a look-behind. It
# also finds pairs that are none of ours, and "qu": `_move_tone` leaves those alone.
_MAYBE_NEW_TONE = re.compile(
    "[oOuU][àáảãạèéẻẽẹỳýỷỹỵÀÁẢÃẠÈÉẺẼẸỲÝỶỸỴ]" + r"(?![^\W\d_])",
)


def storable(text: str) -> str:
    """Return `text` with U+FFFD for controls and lone surrogates."""
    return text if text.isprintable() else _UNSTORABLE.sub("\ufffd", text)


def escaped(json: str) -> str:
    """Return a JSON text with lone surrogates escaped: UTF-8 has none, but JSON can write them."""
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", json)


def normalize(text: str) -> str:
    """Return `text` in NFC, with real Đ, without invisible characters, blanks single.

    Line breaks are kept, as "\\n"; every other run of blanks (NBSP too) becomes one space.
    """
    if _is_plain(text):
        return unicodedata.normalize("NFC", _real_eth(text))
    # Invisible characters go first: one between a letter and its mark would keep them apart.
    text = _real_eth(_INVISIBLE.sub("", _LINE_BREAKS.sub("\n", text)))
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text))


def lines(text: str) -> list[str]:
    """Return each line of `text` (as "\n" parts them) with every other run of blanks as one space.

    Else as `normalize` does, for texts that are compared; five times as quick.
    """
    if _is_plain(text.replace("\n", "")):  # most texts
        composed = unicodedata.normalize("NFC", _real_eth(text))
        return [line.strip(" ") for line in composed.split("\n")]
    composed = unicodedata.normalize("NFC", _real_eth(_INVISIBLE.sub("", text)))
    return [" ".join(line.split()) for line in composed.split("\n")]


def _is_plain(text: str) -> bool:
    """True where no blank but single spaces and nothing invisible can be: neither is printable."""
    return text.isprintable() and "  " not in text


def one_line(text: str) -> str:
    """Return `normalize(text)` with every run of blanks and breaks as one space, none around."""
    return " ".join(filter(None, lines(text)))


def _real_eth(text: str) -> str:
    if text.isascii():
        return text
    for look_alike, eth in _ETH:  # str.translate would look every character up
        text = text.replace(look_alike, eth)
    return text


def _move_tone(match: re.Match[str]) -> str:
    found = match.group()
    moved = _TONES.get(found.lower())
    if moved is None or match.string[max(match.start() - 1, 0)] in "qQ":
        return found
    return "".join(
        new.upper() if old.isupper() else new for old, new in zip(found, moved, strict=True)
    )


def canonical_tone(text: str) -> str:
    """Return NFC `text` with tones where older spelling puts them: "hoà" → "hòa", "thuỷ" → "thủy".

    Only open syllables in oa, oe, uy have two spellings; "quý", "toán", "khoẻn" have one.
    Length is unchanged, so offsets stay valid.
    """
    return _MAYBE_NEW_TONE.sub(_move_tone, text)


def fold(text: str) -> str:
    """Return `text` in lower case without any diacritic, đ folded to d.

    Characters are mapped one to one after NFC, so for NFC input of letters that lower-case to
    one character the length is unchanged.
    """
    decomposed = unicodedata.normalize("NFD", _real_eth(text).lower())
    stripped = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", stripped).replace("đ", "d")
