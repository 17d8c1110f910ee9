"""Which pages are no articles, and what on them shows it. Pure."""

import re

from crawler.page import Page
from storage.model import Refusal, RefusalReason

_MAX_CHALLENGE = 60_000  # characters; challenge pages are small, articles that quote one are not

# What challenge and block pages hold; each is a script or phrase of one product.
_CHALLENGES = (
    ("cf-browser-verification", "Cloudflare challenge"),
    ("_cf_chl_opt", "Cloudflare challenge"),
    ("cf-challenge-running", "Cloudflare challenge"),
    ("<title>Just a moment...</title>", "Cloudflare challenge"),
    ("<title>Attention Required! | Cloudflare</title>", "Cloudflare block"),
    ("cf-error-details", "Cloudflare error"),
    ('document.cookie="D1N=', "D1N cookie script"),
    ("D1N=", "D1N cookie script"),
    ("_Incapsula_Resource", "Imperva block"),
    ("<title>Request Rejected</title>", "F5 block"),
    ("The requested URL was rejected. Please consult with your administrator", "F5 block"),
    ("Sucuri WebSite Firewall", "Sucuri block"),
    ("px-captcha", "PerimeterX challenge"),
    ("g-recaptcha", "captcha"),
    ("h-captcha", "captcha"),
    ("<title>Access Denied</title>", "access denied"),
    ("<title>403 Forbidden</title>", "403 page"),
    ("DDoS protection by", "DDoS protection page"),
    ("Checking your browser before accessing", "browser check"),
)
_BLOCKING_STATUS = frozenset((401, 403, 407, 428, 429, 503))
_GONE = frozenset((404, 410))
_SOFT_404 = re.compile(
    r"\b404\b|không tìm thấy|không tồn tại|đã bị (?:xóa|xoá|gỡ)|page not found|not found"
    r"|trang (?:bạn|quý vị) (?:tìm|yêu cầu|truy cập)|nội dung không còn|liên kết (?:không|đã) h",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"(?:đăng ký|đăng nhập|mua|nâng cấp)[^.]{0,60}(?:để|và) (?:đọc|xem)(?: tiếp| toàn bộ| trọn)"
    r"|dành (?:riêng )?cho (?:độc giả|bạn đọc|thành viên) (?:VIP|premium|trả phí|đặt mua)",
    re.IGNORECASE,
)


def refuse_response(page: Page, slug: str) -> Refusal | None:
    """Refuse by the HTTP status; a challenge that comes with an error status is BLOCKED."""
    if page.status in _GONE:
        return Refusal(slug, page.url, RefusalReason.NOT_FOUND, f"HTTP status {page.status}")
    if page.status in _BLOCKING_STATUS:
        return Refusal(slug, page.url, RefusalReason.BLOCKED, f"HTTP status {page.status}")
    if not 200 <= page.status < 300:
        return Refusal(slug, page.url, RefusalReason.HTTP_ERROR, f"HTTP status {page.status}")
    kind = (page.content_type or "").split(";")[0].strip().lower()
    if kind and not re.search(r"html|xml|text/plain|octet-stream", kind):
        return Refusal(slug, page.url, RefusalReason.MALFORMED, f"content type {kind}")
    return None


def challenge_sign(text: str) -> str | None:
    """Return what shows that a page is a challenge or block page, or None."""
    if len(text) > _MAX_CHALLENGE:
        return None
    return next((f"{what}: {sign!r}" for sign, what in _CHALLENGES if sign in text), None)


def soft_404_sign(title: str, text: str) -> str | None:
    """Return the words by which a short page without an article says that there is none."""
    for place in (title, text[:600]):
        if match := _SOFT_404.search(place):
            return f"says {match.group()!r}"
    return None


def paywall_sign(free: object, text: str) -> str | None:
    """Return what shows a paywall: the JSON-LD's own word, or the text of the barrier."""
    if free is False or str(free).lower() == "false":
        return "isAccessibleForFree is false"
    match = _PAYWALL.search(text)
    return f"says {match.group()!r}" if match else None
