"""Vietnamese texts for alarms and notes, which the archive has in English. Pure.

English pages show the English text itself, as do all pages for a code without an entry here.
"""

import re
from datetime import date

from crawler.web.words import Code, Language
from storage.model.alarms import Cause, Finding

ALARMS = {
    Cause.NEVER_RAN: "Báo này đã có trong lịch mà chưa được thu thập lần nào.",
    Cause.SCHEDULER_LATE: "{n} báo đã quá giờ thu thập: lịch thu thập có đang chạy không?",
    Cause.UNREACHABLE: "Máy chủ của báo không kết nối được, hoặc báo lỗi.",
    Cause.TIMEOUTS: "Máy chủ của báo không trả lời kịp.",
    Cause.ROBOTS: "robots.txt của báo không cho thu thập, hoặc không đọc được tệp ấy.",
    Cause.BLOCKED: "Báo chặn chương trình thu thập (trang kiểm tra, mã 401, 403 hoặc 429).",
    Cause.NO_LINKS: "Trang mục trả lời nhưng không dẫn tới bài nào.",
    Cause.TEMPLATE: "Nhiều bài mới thiếu phần mà trước nay vẫn có: mẫu trang có lẽ đã đổi.",
    Cause.FEED_SILENT: "Lâu không có bài mới, lâu hơn hẳn quãng nghỉ dài nhất của tháng trước.",
    Cause.FAILING: "Mấy lần thu thập liền đều thất bại.",
    Cause.DISK: "Ổ đĩa giữ kho sắp đầy.",
    Cause.MACHINE_LOST: "{n} máy chạy lịch không còn trả lời; máy khác thu thập thay.",
    Cause.NOT_PUSHED: "Tệp bản ghi chưa lên được kho đối tượng; bản trên máy vẫn còn.",
}
"""By cause. n: the number of entries in the finding's evidence."""

_PLACES = frozenset({Cause.NO_LINKS, Cause.TEMPLATE, Cause.FEED_SILENT, Cause.BLOCKED,
                     Cause.ROBOTS, Cause.TIMEOUTS, Cause.UNREACHABLE})  # fmt: skip
"""Causes whose evidence is sections and URLs of the outlet, which pages may show."""

NOTES = {
    "doubt": "trang không tự nhận là bài báo",
    "family": "trang dùng hệ quản trị khác với hồ sơ của báo",
    "layout": "mẫu trang được đọc ngoài thời kỳ của nó",
    "partial": "trên trang còn chữ nằm ngoài phần đã bóc tách",
    "paywall": "báo chỉ cho đọc một phần, phần còn lại phải trả tiền",
    "short": "bài rất ngắn",
    "zone": "giờ đăng đến sau giờ ghi nhận, nên được đọc theo múi giờ của báo",
}
"""By the code before the note's colon."""

_EARLY = re.compile(r"(?P<day>[\d-]{10}) is before (?P<first>[\d-]{10}), the first .*")
_ENDED = re.compile(r"(?P<unit>.+) ended on an unknown day before (?P<day>[\d-]{10})")


def alarm_text(finding: Finding, language: Language) -> tuple[str, Code]:
    """Return the text of an alarm, and its language."""
    if language.code == "en":
        return finding.summary, "en"
    text = ALARMS[finding.cause].format(n=len(finding.evidence))
    where = ", ".join(finding.evidence) if finding.cause in _PLACES else ""
    return f"{text} ({where})" if where else text, "vi"


def note_text(note: str, language: Language) -> tuple[str, Code]:
    """Return the text of a note on an article, and its language."""
    known = NOTES.get(note.partition(":")[0])
    return (known, "vi") if known and language.code == "vi" else (note, "en")


def place_note_text(note: str, language: Language) -> tuple[str, Code]:
    """Return the text of a note on an article's places, and its language.

    `crawler.places.Gazetteer.note` writes the note.
    """
    translated = [_place_note(part, language) for part in note.split("; ")]
    if language.code == "en" or not all(translated):
        return note, "en"
    return "; ".join(translated), "vi"


def _place_note(note: str, language: Language) -> str:
    """Return a note in Vietnamese; "" if its form is unknown."""
    found = _EARLY.fullmatch(note) or _ENDED.fullmatch(note)
    if found is None:
        return ""
    day = language.day(date.fromisoformat(found["day"]))
    if "unit" in found.re.groupindex:
        return f"{found['unit']} thôi tồn tại từ một ngày chưa rõ, trước {day}"
    first = language.day(date.fromisoformat(found["first"]))
    return (
        f"Ngày {day} ở trước {first}, lần thay đổi đầu tiên mà danh mục địa danh biết:"
        " các đơn vị nêu ở đây là của những năm sau"
    )
