"""Vietnamese labels of fields, refusal reasons, alarm causes and outcomes. Pure.

`Language.words` translates them to English.
"""

from storage.model.alarms import Cause
from storage.model.articles import RefusalReason
from storage.model.runs import Outcome

FIELDS = {
    "title": "tiêu đề",
    "sapo": "sapo",
    "body": "nội dung",
    "blocks": "nội dung",
    "captions": "chú thích ảnh",
    "images": "ảnh",
    "authors": "tác giả",
    "byline": "dòng tác giả",
    "credit": "nguồn tin",
    "dateline": "dòng mở đầu",
    "published_at": "giờ đăng",
    "modified_at": "giờ sửa",
    "section": "chuyên mục",
    "tags": "từ khóa",
    "kind": "thể loại",
    "language": "ngôn ngữ",
    "url": "địa chỉ",
}

REASONS = {
    RefusalReason.BLOCKED: "bị chặn",
    RefusalReason.EMPTY: "trang chưa có nội dung",
    RefusalReason.NOT_ARTICLE: "không phải bài báo",
    RefusalReason.NOT_FOUND: "không tìm thấy trang",
    RefusalReason.MOVED: "chuyển sang địa chỉ khác",
    RefusalReason.LIVE: "tường thuật đang cập nhật",
    RefusalReason.VIDEO: "chỉ có video",
    RefusalReason.PAYWALL: "bài thu phí",
    RefusalReason.TOO_LARGE: "trang quá lớn",
    RefusalReason.MALFORMED: "không đọc được như HTML",
    RefusalReason.FUTURE_DATE: "đề ngày trong tương lai",
    RefusalReason.HTTP_ERROR: "máy chủ báo lỗi",
    RefusalReason.REDIRECT_LOOP: "chuyển hướng vòng quanh",
    RefusalReason.TIMEOUT: "đọc quá lâu",
    RefusalReason.CRASH: "chương trình đọc bị lỗi",
    RefusalReason.REDACTED: "đã gỡ theo yêu cầu",
}

CAUSES = {
    Cause.NEVER_RAN: "chưa thu thập lần nào",
    Cause.SCHEDULER_LATE: "lịch thu thập bị trễ",
    Cause.UNREACHABLE: "không kết nối được với máy chủ của báo",
    Cause.TIMEOUTS: "báo trả lời quá chậm",
    Cause.ROBOTS: "robots.txt không cho thu thập",
    Cause.BLOCKED: "báo chặn chương trình thu thập",
    Cause.NO_LINKS: "trang mục không còn liên kết bài",
    Cause.TEMPLATE: "mẫu trang của báo đã đổi",
    Cause.FEED_SILENT: "mục im ắng khác thường",
    Cause.FAILING: "thu thập liên tục thất bại",
    Cause.DISK: "ổ đĩa sắp đầy",
    Cause.MACHINE_LOST: "máy thu thập không còn trả lời",
    Cause.NOT_PUSHED: "bản ghi chưa lên kho",
}

OUTCOMES = {
    Outcome.DONE: "xong",
    Outcome.FAILED: "thất bại",
    Outcome.STOPPED: "đã dừng theo yêu cầu",
    Outcome.TIMED_OUT: "quá giờ",
    Outcome.DIED: "đứt giữa chừng",
}

MACHINE_STATES = {"running": "đang chạy", "stopped": "đã dừng", "lost": "mất liên lạc"}
