"""Score an extracted body against an annotated one."""

import re
from collections import Counter

from storage.text.normalize import normalize


def tokens(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", normalize(text).lower()))


def token_f1(found: str, wanted: str) -> float:
    ours, gold = tokens(found), tokens(wanted)
    common = (ours & gold).total()
    return 2 * common / (ours.total() + gold.total()) if common else 0.0


def body_f1(found: str, title: str, lead: str, body: str) -> float:
    """Return the best F1 against body, lead and body, or title, lead and body.

    Annotations differ in which of these they include.
    """
    wanted = (body, f"{lead}\n{body}", f"{title}\n{lead}\n{body}")
    return max(token_f1(found, text) for text in wanted)
