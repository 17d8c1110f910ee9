"""Parsing of bylines into authors' names and the credited source. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from storage.text.normalize import fold, normalize

_MAX_BYLINE = 90  # characters; longer closing lines on real pages are sentences
_MIN_PERSON_WORDS = 2
_MAX_NAME_WORDS = 6

# Roles before a name, which are not part of it.
_ROLE = re.compile(
    r"^(?:(?:tin|bài|bài viết|ảnh|clip|video|đồ họa|thiết kế|thực hiện|nội dung|biên tập|biên dịch"
    r"|tổng hợp|tác giả|phóng viên|pv|ctv|cộng tác viên|nhà báo|by|nhóm pv|nhóm phóng viên"
    r"|người viết|quay phim|kỹ thuật|dựng phim)"
    r"(?:\s*(?:,|và|&|-|/|\+)\s*(?=\w+\s*(?:,|và|&|-|/|\+|:)))?\s*)+[:.]\s*",
    re.IGNORECASE,
)
_BARE_ROLE = re.compile(
    r"^(?:pv|p\.v\.?|ctv|phóng viên|nhà báo|tác giả|by)\s+(?=\S)", re.IGNORECASE
)
# Additions after or around a name: "(tổng hợp)", "(ghi)", "(Theo …)", "(TTXVN/Vietnam+)".
_BRACKETS = re.compile(r"\(([^()]{0,80})\)|\[([^\[\]]{0,80})\]")
_TAIL_ROLE = re.compile(
    r"\s*[-–|,]?\s*\b(?:tổng hợp|lược dịch|biên dịch|ghi|thực hiện|dịch|t/h)\.?$", re.IGNORECASE
)
_PUNCTUATION = " .,;:-–—|*•()"
_STAMP_PUNCTUATION = " .,;:-–—|*•()/"
_EMAIL = re.compile(r"\S+@\S+\.\S+")
_SPLIT = re.compile(r"\s+[-–—|/&+•]\s+|\s*[,;|/&•\n]\s*|\s*[-–—]\s+|\s+[-–—]\s*|\s+và\s+(?=[A-ZĐ])")
_MORE = re.compile(r"\s*(?:và|\+)\s*\d+\s*(?:tác giả|người)(?: khác)?$", re.IGNORECASE)

# Never a person's name.
_NO_NAME = re.compile(
    r"^(?:báo|tạp chí|ban|tòa soạn|toà soạn|trang tin|cổng thông tin|đài|kênh|nhóm|thông tấn"
    r"|cơ quan|theo|nguồn|ảnh|tin|bài|video|tác giả|admin|administrator|editor|pv|p\.v|ctv"
    r"|ban biên tập|biên tập viên|btv|bbt|xem|chia sẻ|đọc|https?:|www\."
    # units, schools, offices
    r"|phường|xã|thị (?:trấn|xã)|quận|huyện|thành phố|tp|tỉnh|đặc khu|thôn|ấp|khu|tổ (?:\d|dân)"
    r"|trường (?:tiểu|trung|mầm|mẫu|thcs|thpt|đại|cao|học)|tiểu học|trung học|mầm non|thcs|thpt"
    r"|đại học|bệnh viện|công ty|ubnd|hđnd|trung tâm|hợp tác xã|câu lạc bộ|nhà văn hóa"
    r"|hết|the end|còn (?:nữa|tiếp))(?:\b|$)",
    re.IGNORECASE,
)
# Provinces and cities: in a closing line, the place where a text was written. Some are also pen
# names, which then are in the page's metadata.
_PLACE = re.compile(
    r"^(?:an giang|bà rịa|bắc giang|bắc kạn|bạc liêu|bắc ninh|bến tre|bình định|bình dương"
    r"|bình phước|bình thuận|cà mau|cần thơ|cao bằng|đà nẵng|đắk lắk|đắk nông|điện biên|đồng nai"
    r"|đồng tháp|gia lai|hà giang|hà nam|hà nội|hà tĩnh|hải dương|hải phòng|hậu giang|hòa bình"
    r"|huế|hưng yên|khánh hòa|kiên giang|kon tum|lai châu|lâm đồng|lạng sơn|lào cai|long an"
    r"|nam định|nghệ an|ninh bình|ninh thuận|phú thọ|phú yên|quảng bình|quảng nam|quảng ngãi"
    r"|quảng ninh|quảng trị|sóc trăng|sơn la|tây ninh|thái bình|thái nguyên|thanh hóa"
    r"|thừa thiên huế|tiền giang|tp\.hcm|tp hcm|tphcm|trà vinh|tuyên quang|vĩnh long|vĩnh phúc"
    r"|yên bái|sài gòn|việt nam)$",
    re.IGNORECASE,
)
_SITE = re.compile(r"\.(?:vn|com|net|org|info)\b|\bonline$|^vccorp|^vietnam\+$", re.IGNORECASE)

# Parts of a byline, beside names or alone, that name no person.
_NOBODY = re.compile(
    r"^(?:(?:nhóm )?(?:pv|p\.v|phóng viên|ctv)(?: [\w ]{2,20})?|bbt|btv|ban biên tập|ban thời sự"
    r"|tổng hợp|t\s?/\s?h)$",
    re.IGNORECASE,
)
_DESK = re.compile(r"^(?:nhóm )?(?:pv|p\.v|phóng viên)$", re.IGNORECASE)
_OUTLET = re.compile(r"^(?:báo|tạp chí|đài|cổng|trang)\b", re.IGNORECASE)
# Date and time in a byline ("Trần Vũ • 06:45 ngày 15/11/2026"), and the words around them.
_DAY = re.compile(r"(?<!\d)\d{1,2}\s?[-/.]\s?\d{1,2}\s?[-/.]\s?\d{4}(?!\d)")
_STAMP = re.compile(
    rf"{_DAY.pattern}|(?<!\d)\d{{1,2}}\s?[:hg]\s?\d{{2}}(?::\d{{2}})?(?:\s?[AP]M)?(?!\d)"
    r"|\(?\b(?:GMT|UTC)\s?[+-]\d{1,2}(?::\d{2})?\)?"
    r"|\b(?:thứ (?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ nhật|CN)\b"
    r"|\b(?:ngày|lúc|cập nhật(?: lúc)?|đăng(?: lúc)?|xuất bản)\b",
    re.IGNORECASE,
)

_CREDIT = re.compile(
    r"^\(?\s*(?:theo|nguồn tin|nguồn)\s*:?\s+"
    r"(?P<source>[^()]{2,70}?(?:\s\([^()]{2,30}\))?)\s*\)?[.]?$",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"^(?:(?:báo|tạp chí|đài|cổng|trang)(?: điện tử| tin)? )?[A-ZĐ]|^[\w-]+(?:\.[\w-]+)+$"
)
_AGENCIES = re.compile(
    r"\b(?:TTXVN|Vietnam\+|VietnamPlus|Reuters|AFP|AP|Xinhua|Tân Hoa Xã|Bloomberg|Kyodo|Yonhap"
    r"|Sputnik|TASS|CNN|BBC|dpa)\b"
)
_AGENCY_LINE = re.compile(r"^\(?\s*(?P<source>[^()]{0,40})\s*\)?$")
_DASH = re.compile(r"\s+[-–—]\s+")  # qdnd prints the agency's street after it
_NAME_WORD = re.compile(r"^(?:[^\W\d_]\.?){1,3}$|^[^\W\d_][^\W\d_'’.-]*(?:[-.][^\W\d_]+)*\.?$")


@dataclass(frozen=True, slots=True)
class Byline:
    """A byline as printed, the names in it, and the source that it credits."""

    text: str | None = None
    names: tuple[str, ...] = ()
    credit: str | None = None


def choose_byline(
    printed: list[str],
    closing: Iterable[Byline],
    metadata: Iterable[str],
    sources: Iterable[str],
    publishers: Iterable[str],
) -> Byline:
    """Return the authors by the printed byline, else the closing lines, else the metadata.

    If none names a person, a signing desk ("PV") is returned. sources: texts of the elements that
    credit a source. publishers: names of the outlet, which are never authors.
    """
    closing = tuple(closing)
    closing_texts = [byline.text for byline in closing if byline.text]
    closing_names = [name for byline in closing for name in byline.names]
    text = " - ".join(printed or closing_texts) or None
    credit = _choose_credit(closing, printed, sources)
    for source in (printed, closing_names, metadata):
        if names := clean_names(source, publishers):
            return Byline(text, names, credit)
    return Byline(text, clean_desks([*printed, *closing_texts]), credit)


def _choose_credit(
    closing: tuple[Byline, ...], printed: list[str], sources: Iterable[str]
) -> str | None:
    for text in sources:
        if text:
            return read_credit(text) or text
    credits_ = (byline.credit for byline in closing if byline.credit)
    return next(credits_, None) or next(filter(None, map(read_credit, printed)), None)


def is_person(text: str, host: str) -> bool:
    """True if a page's <meta name=author> names a person, not the site.

    host: of the site; many write their own name there ("Thanh Niên" on thanhnien.vn).
    """
    words = text.split()
    letters = "".join(filter(str.isalnum, fold(text)))
    label = "".join(filter(str.isalnum, host))
    return len(words) >= _MIN_PERSON_WORDS and is_name(text) and letters not in label


def clean_names(texts: Iterable[str], publishers: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the distinct names of persons in texts, as printed, in order.

    Roles ("Tin, ảnh:", "tổng hợp"), email addresses, outlets and `publishers` (the names of this
    outlet) are left out. "A - B", "A, B" and "A và B" are two names.
    """
    unwanted = {_key(name) for name in publishers}
    names: dict[str, str] = {}
    for text in texts:
        for part in _parts(text):
            key = _key(part)
            if key and key not in unwanted and is_name(part):
                names.setdefault(key, part)
    return tuple(names.values())


def clean_desks(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the desks that sign instead of persons ("PV", "Nhóm PV"), as printed."""
    parts = (part.strip() for text in texts for part in re.split(r"[/,|]|\s[-–]\s", text))
    return tuple(dict.fromkeys(part for part in parts if _DESK.match(part)))


def _key(name: str) -> str:
    return " ".join(normalize(name).casefold().split())


def _parts(text: str) -> list[str]:
    text = _EMAIL.sub(" ", " ".join(normalize(text).split()))
    if _DAY.search(text):
        text = _STAMP.sub(" ", text)
    text = _MORE.sub("", _BRACKETS.sub(" ", text))
    text = _TAIL_ROLE.sub("", _ROLE.sub("", text.strip(_PUNCTUATION)))
    return [
        _TAIL_ROLE.sub("", _BARE_ROLE.sub("", _ROLE.sub("", part))).strip(_PUNCTUATION)
        if not _is_initials(part)
        else part.strip(" ,;:-–—|*")
        for part in _SPLIT.split(text)
    ]


def _is_initials(part: str) -> bool:
    return bool(re.fullmatch(r"\s*(?:[A-ZĐ]\.){1,4}[A-ZĐ]?\.?\s*", part))


def is_name(text: str) -> bool:
    """True if a text can be a person's name or pen name: few words, each capitalized."""
    words = text.split()
    if not 1 <= len(words) <= _MAX_NAME_WORDS or len(text) > 50:
        return False
    if _NO_NAME.search(text) or _SITE.search(text) or _AGENCIES.search(text):
        return False
    return all(_NAME_WORD.match(word) and word[0].isupper() for word in words)


def read_byline(line: str) -> Byline | None:
    """Parse a line that is only a byline or a credit; None for any other line.

    Examples are "Trần Vũ", "Hà Thu (tổng hợp)", "Tin, ảnh: P.Y", "A - B", "Theo TTXVN" and
    "(TTXVN/Vietnam+)"; "Nhóm PV" and "(Tổng hợp)" are bylines without a name.
    """
    if len(line) > 4 * _MAX_BYLINE:  # too long, however much of it is whitespace
        return None
    text = " ".join(normalize(line).split())
    if not text or len(text) > _MAX_BYLINE or text[-1] in "?!:…":
        return None
    parts = list(dict.fromkeys(part for part in _parts(text) if part))
    credit = read_credit(text)
    if credit and not (len(parts) > 1 and is_name(parts[0])):
        return Byline(text, (), credit)
    if _NOBODY.match(text.strip(_PUNCTUATION)):
        return Byline(text)
    names = clean_names([text])
    others = [part for part in parts if part not in names]
    is_byline = (names or others) and all(_is_beside_name(part) for part in others)
    if not is_byline or (names and all(map(_PLACE.match, names)) and not _ROLE.match(text)):
        return None
    sources = [inner for pair in _BRACKETS.findall(text) for inner in pair] + others
    return Byline(text, names, next(filter(None, map(read_credit, sources)), None))


def is_stamp(text: str) -> bool:
    """True for a line that is only a date, perhaps with a time."""
    return bool(_DAY.search(text)) and not _STAMP.sub("", text).strip(_STAMP_PUNCTUATION)


def is_plain_name(text: str) -> bool:
    """True for a line that is only one person's name, as in a list of names."""
    return is_name(text.strip(_PUNCTUATION)) and not _ROLE.match(text)


def _is_beside_name(part: str) -> bool:
    """True for what a byline may have beside names: a source, an outlet, a role, a repetition."""
    if read_credit(part) or _NOBODY.match(part) or is_name(part):
        return True
    if " " not in part:
        return bool(_SITE.search(part))
    return len(part.split()) <= _MAX_NAME_WORDS and bool(_OUTLET.match(part))


def read_credit(text: str) -> str | None:
    """Return the source that a short line credits ("Theo TTXVN" → "TTXVN"), or None."""
    if _DAY.search(text):
        text = _STAMP.sub("", text)
    text = text.strip(' .;:-–—|*"“”')
    if match := _CREDIT.match(text):
        source = match["source"].strip(" .,;:-–—")
        # "Theo đó, …" and "Theo ông A" begin sentences; a source is a name.
        return source if _NAMED.match(source) and len(source.split()) <= 8 else None
    if len(text) <= 40 and _AGENCIES.search(text) and _AGENCY_LINE.match(text):
        words = [word for word in re.split(r"[\s/,()–-]+", text) if word]
        source = next(part for part in _DASH.split(text) if _AGENCIES.search(part))
        return source.strip("() ") if all(word[0].isupper() for word in words) else None
    return None
