"""Parsing of printed text: site names in titles, datelines, month names, times of changes. Pure."""

import re
from datetime import datetime, timedelta, tzinfo

from storage.text.normalize import fold

# "(LĐTĐ) ", "(Dân trí) - ", "(PLO)- ": brackets, with a dash after them or capitals in them.
_BRACKETED = re.compile(
    r"^[(\[]\s*(?P<name>[^()\[\]]{2,30}?)\s*[)\]]\s*(?P<dash>[-–—:]+)?\s*(?=\S)"
)
# "TPO - ", "SKĐS - ", "VOV.VN - ", "Kinhtedothi - ": one word that is an outlet's short name.
_PREFIXED = re.compile(
    r"^(?P<name>[A-ZĐ]{2,8}(?:\.(?:VN|vn)| Online| Điện tử)?|[A-Z][a-z]{5,}(?:\.vn)?)\s*[-–—]\s+"
)
_CAPITALS = re.compile(r"^[A-ZĐ0-9.]{2,10}$|\.(?:vn|com)\b", re.IGNORECASE)
# Abbreviations before a dash that are the subject of the sentence, not the name of an outlet.
_SUBJECTS = frozenset(
    ("HN", "TPHCM", "HCM", "USD", "GDP", "EU", "NATO", "FED", "CPI", "VND", "WHO", "UBND", "HĐND",
     "BHYT", "BHXH", "CSGT", "PCCC", "TAND", "VKSND", "THPT", "THCS", "ĐBQH", "MTTQ", "GPMB",
     "ATGT")
)  # fmt: skip
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_WORDS = ("một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một",
                "mười hai")  # fmt: skip
DAY_IN_WORDS = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})\s*[,./-]?\s*(?:tháng|thg|th)\.?\s*"
    rf"(?P<m>\d{{1,2}}|{'|'.join(sorted(_MONTH_WORDS, key=len, reverse=True))}|giêng|bốn|chạp)"
    r"\s*[,./-]?\s*(?:năm\s*)?(?P<y>\d{4})",
    re.IGNORECASE,
)
MONTH_FIRST = re.compile(
    r"\b(?P<m>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?"
    r",?\s+(?P<y>\d{4})(?!\d)",
    re.IGNORECASE,
)
_SITE_NAME = re.compile(
    r"^(?:báo|tạp chí|trang (?:tin|thông tin)|cổng (?:thông tin|tin)|đài|ubnd|sở) "
    r"|\.(?:vn|com|net)$",
    re.IGNORECASE,
)
TITLE_ENDS = " |-–—•·»"
_MAX_TEXT = 300  # characters; a longer text is not a date
_DAY = re.compile(r"\d{1,4}[/.-]\d{1,2}")
_TODAY = re.compile(r"\b(?P<today>hôm nay)|\b(?P<yesterday>hôm qua)", re.IGNORECASE)
_UPDATED = re.compile(r"(?:cập nhật|sửa|updated|modified)[^\d]{0,20}", re.IGNORECASE)
_POSTED = re.compile(r"(?:đăng|xuất bản|đưa tin|posted|published)[^\d]{0,20}", re.IGNORECASE)


def with_today(text: str, fetched_at: datetime, zone: tzinfo) -> str:
    """Return `text` with "hôm nay" (today) or "hôm qua" (yesterday) replaced by the date.

    fetched_at: when the page was captured, the day that "hôm nay" refers to.
    """
    match = _TODAY.search(text) if len(text) <= _MAX_TEXT else None
    if match is None or _DAY.search(text):
        return text
    day = fetched_at.astimezone(zone).date() - timedelta(days=bool(match["yesterday"]))
    return f"{text[: match.start()]}{day:%d/%m/%Y}{text[match.end() :]}"


def parts_of_stamp(text: str) -> tuple[str, str]:
    """Return the parts of a line that say when a page was posted, and when it was updated.

    A line with a single label is all about the time of posting, even if it says "updated".
    """
    if len(text) > _MAX_TEXT or (updated := _UPDATED.search(text)) is None:
        return text, ""
    if (posted := _POSTED.search(text)) is None:
        return text, ""
    if updated.start() > posted.start():
        return text[posted.start() : updated.start()], text[updated.start() :]
    return text[posted.start() :], text[: posted.start()]


def split_dateline(sapo: str, names: tuple[str, ...]) -> tuple[str | None, str]:
    """Return ("TPO", "Hà Nội …") for "TPO - Hà Nội …"; names: the outlet's known datelines."""
    for name in names:
        pattern = rf"^[(\[]?\s*{re.escape(name)}\s*[)\]]?\s*(?:[-–—:]+\s*|(?<=[)\]])\s*)(?=\S)"
        if match := re.match(pattern, sapo, re.IGNORECASE):
            return sapo[: match.end()].strip(" -–—:()[]"), sapo[match.end() :]
    if match := _BRACKETED.match(sapo):
        if match["dash"] or _CAPITALS.search(match["name"]):
            return match["name"], sapo[match.end() :]
    elif (match := _PREFIXED.match(sapo)) and match["name"] not in _SUBJECTS:
        # A sentence's subject can precede a dash too, but then the text after it is in lower case.
        rest = sapo[match.end() :]
        if not rest[:1].islower():
            return match["name"], rest
    return None, sapo


def month_number(text: str) -> int:
    """Return the number of a month given as a number, or as a Vietnamese or English word."""
    if text.isdigit():
        return int(text)
    if text[:3] in _MONTHS:
        return _MONTHS.index(text[:3]) + 1
    old = {"giêng": 1, "bốn": 4, "chạp": 12}
    return old.get(text) or _MONTH_WORDS.index(" ".join(text.split())) + 1


def overlap(text: str, other: str) -> float:
    """Return the Jaccard similarity of the words of two texts, from 0 to 1."""
    words, other_words = set(text.casefold().split()), set(other.casefold().split())
    return len(words & other_words) / (len(words | other_words) or 1)


def strip_site(title: str, site: str | None, host: str = "") -> str:
    """Return a title without " | Site", " - Site" or " | Section | Site" at its end.

    site: the site's name in the head. host: of the page; a last part that spells it is the name.
    """
    if site and title.casefold().endswith(site.casefold()):
        return title[: -len(site)].rstrip(TITLE_ENDS) or title
    if " | " in title:
        return title.partition(" | ")[0].rstrip(TITLE_ENDS) or title
    start, separator, last = title.rpartition(" - ")
    if separator and (_spells(last, host) or _SITE_NAME.match(last)):
        return start.rstrip(TITLE_ENDS)
    return title.rstrip(TITLE_ENDS)


def _spells(name: str, host: str) -> bool:
    """True if a name and a host have the same letters ("Bản Đọc Tin", bandoctin.vn)."""
    letters = "".join(filter(str.isalnum, fold(name)))
    label = "".join(filter(str.isalnum, host.removeprefix("www.").rpartition(".")[0]))
    return len(letters) >= 4 and (letters in label or (len(label) >= 4 and label in letters))
