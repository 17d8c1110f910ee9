"""What a digest says, in Vietnamese and in English. Pure."""

from collections.abc import Mapping

from storage.model.alarms import Cause
from storage.model.watches import Topic

Words = Mapping[str, str]

HEADINGS: Mapping[str, Mapping[Topic, str]] = {
    "vi": {
        "new": "Tin mới",
        "copies": "Tin cũ, báo khác đăng lại",
        "edits": "Tin đã bị sửa",
        "removed": "Tin không còn trên trang",
    },
    "en": {
        "new": "New stories",
        "copies": "Known stories, carried by others",
        "edits": "Edited after publication",
        "removed": "No longer online",
    },
}
COUNTED: Mapping[str, Mapping[Topic, tuple[str, str]]] = {
    "vi": {
        "new": ("{} tin mới", "{} tin mới"),
        "copies": ("{} tin đăng lại", "{} tin đăng lại"),
        "edits": ("{} tin bị sửa", "{} tin bị sửa"),
        "removed": ("{} tin bị gỡ", "{} tin bị gỡ"),
    },
    "en": {
        "new": ("{} new story", "{} new stories"),
        "copies": ("{} story reprinted", "{} stories reprinted"),
        "edits": ("{} edit", "{} edits"),
        "removed": ("{} removal", "{} removals"),
    },
}
"""One, and several."""

TEXTS: Mapping[str, Words] = {
    "vi": {
        "nothing": "không có gì mới",
        "intro": "Kho lưu trữ đã ghi nhận từ {since} đến {until} (giờ Việt Nam).",
        "rest": "và {count} tin khác",
        "carried": "{count} báo đăng: {outlets}",
        "archive": "bản lưu",
        "published": "đăng {time}",
        "undated": "thấy lần đầu {time}",
        "edited": "thấy sửa {time}",
        "gone": "không tìm thấy trang từ {time}",
        "share": "{share} số chữ",
        "stealth": "sửa không báo",
        "unconfirmed": "Thư này có thể đã được gửi một lần: lần gửi trước bị ngắt giữa chừng.",
        "trust_done": "Đã quét {done}/{all} báo kể từ lần trước.",
        "trust_missing": "Chưa quét được: {outlets}.",
        "trust_none": "Từ lần trước không quét báo nào; chỉ có những gì được nạp vào kho.",
        "trust_alarm": "{outlet}: {cause} từ {since}.",
        "footer": "Theo dõi “{name}”. Muốn ngừng nhận: báo người quản lý kho.",
        "test": "Kênh này hoạt động: theo dõi “{name}” sẽ gửi tin tới đây.",
        "test_subject": "thử kênh",
    },
    "en": {
        "nothing": "nothing new",
        "intro": "What the archive learned from {since} to {until} (Việt Nam's time).",
        "rest": "and {count} more",
        "carried": "carried by {count} outlets: {outlets}",
        "archive": "archived",
        "published": "published {time}",
        "undated": "first seen {time}",
        "edited": "edit seen {time}",
        "gone": "page not found since {time}",
        "share": "{share} of the words",
        "stealth": "unannounced",
        "unconfirmed": "This message may have been sent before: the last attempt was cut off.",
        "trust_done": "{done} of {all} outlets were crawled since the last digest.",
        "trust_missing": "Not crawled: {outlets}.",
        "trust_none": "No outlet was crawled since the last digest; this is what was brought in.",
        "trust_alarm": "{outlet}: {cause} since {since}.",
        "footer": "Watch “{name}”. To end these messages, tell who runs the archive.",
        "test": "This channel works: the watch “{name}” will send its digests here.",
        "test_subject": "channel test",
    },
}

CAUSES: Mapping[str, Mapping[Cause, str]] = {
    "vi": {
        Cause.NEVER_RAN: "chưa quét lần nào",
        Cause.SCHEDULER_LATE: "quét trễ",
        Cause.UNREACHABLE: "không kết nối được",
        Cause.TIMEOUTS: "quá giờ",
        Cause.ROBOTS: "robots.txt không cho phép",
        Cause.BLOCKED: "bị chặn",
        Cause.NO_LINKS: "trang danh sách không có tin",
        Cause.TEMPLATE: "trang đổi mẫu, có thể đọc sai",
        Cause.FEED_SILENT: "im lặng",
        Cause.FAILING: "quét lỗi",
        Cause.DISK: "ổ đĩa sắp đầy",
        Cause.MACHINE_LOST: "mất một máy",
        Cause.NOT_PUSHED: "bản ghi chưa lên kho",
    },
    "en": {
        Cause.NEVER_RAN: "never crawled",
        Cause.SCHEDULER_LATE: "crawled late",
        Cause.UNREACHABLE: "unreachable",
        Cause.TIMEOUTS: "times out",
        Cause.ROBOTS: "forbidden by robots.txt",
        Cause.BLOCKED: "blocked",
        Cause.NO_LINKS: "listing without links",
        Cause.TEMPLATE: "its template changed, texts may be wrong",
        Cause.FEED_SILENT: "silent",
        Cause.FAILING: "crawls fail",
        Cause.DISK: "disk nearly full",
        Cause.MACHINE_LOST: "machine lost",
        Cause.NOT_PUSHED: "captures not pushed",
    },
}
