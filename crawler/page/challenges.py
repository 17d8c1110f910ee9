"""Detection of challenge and block pages. Pure."""

MAX_CHALLENGE = 60_000  # characters; challenge pages are small, articles that quote one are not


# Scripts and phrases of challenge and block pages, each with the product that it identifies.
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


def challenge_evidence(text: str) -> str | None:
    """Return the evidence that a page is a challenge or block page, or None."""
    if len(text) > MAX_CHALLENGE:
        return None
    return next((f"{name}: {marker!r}" for marker, name in _CHALLENGES if marker in text), None)
