"""Error pages: what went wrong, in the user's words, without internal details."""

import logging
import re

from starlette.responses import Response

from crawler.web.asked import MisreadError
from crawler.web.page import Page
from storage.errors import (
    ArchiveError,
    CaptureError,
    NotFoundError,
    QueryError,
    SlowQueryError,
    TinquanError,
    UsageError,
)

SAYINGS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (NotFoundError, 404, "Không có trang này", "Kho không có gì ở địa chỉ này."),
    (SlowQueryError, 422, "Hãy thu hẹp phạm vi",
     "Yêu cầu này phải đọc quá nhiều bài. Hãy chọn khoảng ngày ngắn hơn, một báo hoặc một địa"
     " bàn."),
    (QueryError, 400, "Chưa hiểu câu tìm",
     "Ngoặc kép phải có dấu đóng, dấu - và dấu * phải liền với một từ, OR phải đứng giữa hai từ,"
     " và câu tìm không được quá dài."),
    (UsageError, 400, "Chưa hiểu địa chỉ này", "Một giá trị trong địa chỉ không đọc được."),
    (CaptureError, 404, "Bản ghi này không đọc được",
     "Tệp lưu trữ của bản ghi bị thiếu, đã hỏng hoặc đã được gỡ."),
    (Exception, 503, "Kho tạm thời không đọc được",
     "Hãy thử lại sau ít phút. Nhật ký của máy chủ ghi rõ nguyên nhân."),
)  # fmt: skip
"""Status, heading and text by exception type; the first match is used."""

_FORMS = {"/": "newest", "/tim": "search", "/thay-doi": "changes"}
_CHARACTER = re.compile(r"\bat character (\d+)")
_log = logging.getLogger(__name__)


def fault_page(page: Page, error: Exception) -> Response:
    """Return the error page of an exception, with the form that the user filled in."""
    say = page.language.words
    _, status, heading, text = next(row for row in SAYINGS if isinstance(error, row[0]))
    if status == 503 or isinstance(error, CaptureError):
        unexpected = not isinstance(error, TinquanError)
        _log.log(logging.ERROR, "%s: %s", page.at, error, exc_info=unexpected)
    message = say(error.message, **error.values) if isinstance(error, MisreadError) else say(text)
    return page.render(
        "fault.html",
        status,
        {"Cache-Control": "no-store"},
        heading=say(heading),
        text=message,
        detail=_position(page, error) if isinstance(error, QueryError) else "",
        form=_form(page) if status in {400, 422} else "",
        **dict.fromkeys(("day", "first", "last")),
    )


def _position(page: Page, error: QueryError) -> str:
    """Return the position of a syntax error in a query; in English, the whole error."""
    if page.language.code == "en":
        return str(error)
    found = _CHARACTER.search(str(error))
    return f"Xem lại từ ký tự thứ {found[1]}." if found else ""


def _form(page: Page) -> str:
    """Return the template of the page's form; "" if it has none, or outlets cannot be read."""
    name = "map" if page.at.startswith("/ban-do/") else _FORMS.get(page.at, "")
    try:
        return f"form_{name}.html" if name and page.outlets else ""
    except ArchiveError:
        return ""
