"""Unicode for Vietnamese: one normal form, one tone placement, one way to fold.

Pure, standard library only. Both databases and the places matcher use these, so that a
search, a fingerprint and a gazetteer lookup agree on what "the same word" is.
"""

import re
import unicodedata

_ETH = str.maketrans("ÐðƉɖ", "ĐđĐđ")  # look-alikes that keyboards and OCR put for Đ
_LINE_BREAKS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_INVISIBLE = re.compile(  # controls, soft hyphen, zero-width and direction marks, BOM
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_SPACES = re.compile("[ \t\v\f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_TONES = {
    f"{first}{toned}": f"{moved}{second}"
    for first, second, firsts, seconds in (
        ("o", "a", "òóỏõọ", "àáảãạ"),
        ("o", "e", "òóỏõọ", "èéẻẽẹ"),
        ("u", "y", "ùúủũụ", "ỳýỷỹỵ"),
    )
    for moved, toned in zip(firsts, seconds, strict=True)
}
_NEW_TONE = re.compile(r"(?<![qQ])(?:" + "|".join(_TONES) + r")(?![^\W\d_])", re.IGNORECASE)


def normalize(text: str) -> str:
    """Return `text` in NFC, with real Đ, without invisible characters, blanks single.

    Line breaks are kept, as "\\n"; every other run of blanks (NBSP too) becomes one space.
    """
    # Invisible characters go first: one between a letter and its mark would keep them apart.
    text = _INVISIBLE.sub("", _LINE_BREAKS.sub("\n", text)).translate(_ETH)
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text))


def _move_tone(match: re.Match[str]) -> str:
    found = match.group()
    moved = _TONES[found.lower()]
    return "".join(
        new.upper() if old.isupper() else new for old, new in zip(found, moved, strict=True)
    )


def canonical_tone(text: str) -> str:
    """Return NFC `text` with tones where older spelling puts them: "hoà" → "hòa", "thuỷ" → "thủy".

    Only open syllables in oa, oe, uy have two spellings; "quý", "toán", "khoẻn" have one.
    Length is unchanged, so offsets stay valid.
    """
    return _NEW_TONE.sub(_move_tone, text)


def fold(text: str) -> str:
    """Return `text` in lower case without any diacritic, đ folded to d.

    Characters are mapped one to one after NFC, so for NFC input of letters that lower-case to
    one character the length is unchanged.
    """
    decomposed = unicodedata.normalize("NFD", text.translate(_ETH).lower())
    stripped = "".join(char for char in decomposed if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", stripped).replace("đ", "d")
