"""Parsing of the 34 resolutions of 2025 that rearranged the communes of a province each.

Every clause of article 1 has the form "Sắp xếp toàn bộ … của A, một phần … của B và phần còn lại
của C … thành phường mới có tên gọi là phường D"; the last clause lists the unchanged communes.
Pure, standard library only.
"""

import re
from dataclasses import dataclass, replace

from storage.errors import ConfigError
from storage.model.places import Share
from storage.text.normalize import canonical_tone, normalize

_TYPES = "[Pp]hường|xã|thị trấn|đặc khu|huyện"
_UPPER = "A-ZÀ-ÖØ-ÝĂĐĨŨƠƯẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸ"
_NOT_UNITS = ("Trường bắn", "khu vực bãi bồi")  # land without a commune, in two clauses
_LOST_SPACES = (  # the published texts lost spaces where their font changed
    (rf"(?<=[^\W\d_])(?=(?:phường|xã|thị trấn|đặc khu) ?[{_UPPER}])", " "),
    (rf"\b(phường|xã|thị trấn|huyện)(?=[{_UPPER}])", r"\1 "),
    (rf"(?<=[^\W_])và ?(?=(?:các|xã|phường|phần|thị|một)\b|[{_UPPER}])", " và "),
    (rf"\bvà(?=(?:các|xã|phường|phần|thị|một)\b|[{_UPPER}])", "và "),
    (r"(?<=các)(?=xã|phường)|(?<=của)(?=các\b)|(?<=số)(?=của)|(?<=này)(?=và)", " "),
    (r"(?<=xếp)(?=toàn|một)|(?<=[^\W_])(?=thành ?(?:phường|xã)|sau khi)", " "),
    (r"(?<=thành)(?=phường|xã)|(?<=\))(?=và|thành)", " "),
    (r" +", " "),
)
_AMOUNTS: tuple[tuple[str, Share], ...] = (
    (r"phần (?:quy mô dân số )?còn lại", "part"),
    (r"một phần (?:diện tích|quy mô)(?: tự nhiên)?(?:,? ?(?:toàn bộ )?quy mô)?", "part"),
    (r"(?:toàn )?bộ(?: diện tích tự nhiên)?(?:(?:,| và)? ?quy mô)?", "whole"),
)
_AMOUNT = re.compile("|".join(f"({pattern})" for pattern, _ in _AMOUNTS))
_CLAUSE = re.compile(r"(?:^|(?<=[.;]) )(\d{1,3})\. ?(?=[SNĐ])")
_HEAD = re.compile(r"CỦA (?:TỈNH|THÀNH PHỐ) (?P<name>.+?) NĂM 2025")
_NUMBER = re.compile(r"Số: (\d+)/NQ-UBTVQH15")
_BODY = re.compile(r"như sau: (?P<body>1\..*?) Điều 2\. Hiệu lực")
_MADE = re.compile(
    rf"thành (?:(?:{_TYPES})?(?: mới)? ?có tên gọi ?là )?"
    rf"(?P<type>{_TYPES}) (?P<name>[{_UPPER}\d].*)$"
)
_RENAMED = re.compile(rf"^Đổi tên (?P<old>.+) thành (?P<type>{_TYPES}) (?P<name>.+)$")
_ASIDE = re.compile(
    r"sau khi (?:thực hiện )?sắp xếp theo quy định tại ?"
    r"(?:các |của |và |khoản ?\d+|[\d, ])+(?:Điều này)?"
)
_KEPT = re.compile(r"không thực hiện sắp xếp là (?P<list>.+)$")
_MEMBER = re.compile(
    rf"^(?:các )?(?:(?P<type>{_TYPES}) )?(?P<name>[{_UPPER}\d][^()]*?)(?: ?\((?P<note>[^)]*)\))?$"
)
_NUMBERED = re.compile(r"\d+|[IVX]+")
_BETWEEN = re.compile(
    r" ?[,;] ?(?![^(]*\))| và (?![^(]*\))|(?<=\w)(?<!các) (?=(?:xã|phường) )(?![^(]*\))"
)


@dataclass(frozen=True, slots=True)
class Member:
    """An old unit in a clause. `within` is its district, if that is given in parentheses."""

    type: str
    name: str
    share: Share
    within: str | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: `members` became the unit `type` `name`."""

    number: int
    type: str
    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """A resolution; `kept` are the units that it leaves unchanged, in clause `kept_clause`."""

    number: str
    province: str
    clauses: tuple[Clause, ...]
    kept: tuple[Member, ...]
    kept_clause: int


def parse_resolution(text: str, name: str) -> Resolution:
    """Parse the Markdown `text` of a resolution; `name` is the file's, for errors.

    Raises ConfigError if the text has no number, province or article 1, or if a clause does not
    have the known form.
    """
    clean = _clean(text)
    number, head, body = _NUMBER.search(clean), _HEAD.search(clean), _BODY.search(clean)
    if not (number and head and body):
        raise ConfigError(f"{name}: expected a resolution with number, province and article 1")
    parts = _CLAUSE.split(body["body"])[1:]
    texts = {
        int(key): value.strip().rstrip(".")
        for key, value in zip(parts[::2], parts[1::2], strict=True)
    }
    if list(texts) != list(range(1, len(texts) + 1)):
        raise ConfigError(f"{name}: clauses of article 1 are not numbered 1 to {len(texts)}")
    last = len(texts)
    kept = _KEPT.search(texts.pop(last))
    return Resolution(
        number=number[1],
        province=head["name"].title(),
        clauses=tuple(_clause(key, value, name) for key, value in texts.items()),
        kept=_members(kept["list"], "whole") if kept else (),
        kept_clause=last,
    )


def _clean(text: str) -> str:
    """Return `text` on one line, without Markdown, and with lost spaces restored."""
    text = re.sub(r"\s+", " ", normalize(text.replace("*", "").replace("\\", "")))
    text = canonical_tone(text)
    for lost, restored in _LOST_SPACES:
        text = re.sub(lost, restored, text)
    return text


def _clause(number: int, text: str, name: str) -> Clause:
    renamed = _RENAMED.match(text)
    if renamed:
        return Clause(
            number, renamed["type"].lower(), renamed["name"], _members(renamed["old"], "whole")
        )
    made = _MADE.search(text)
    if not made:
        raise ConfigError(f"{name}: clause {number} names no new unit")
    return Clause(number, made["type"].lower(), made["name"], _shares(text[: made.start()]))


def _shares(text: str) -> tuple[Member, ...]:
    """Return the members of a clause, each with the share that precedes it."""
    text = _ASIDE.sub(" ", text)
    marks = list(_AMOUNT.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    found: list[Member] = []
    for mark, end in zip(marks, ends, strict=True):
        share = _AMOUNTS[(mark.lastindex or 1) - 1][1]
        named = re.sub(r"^(?: |dân số|dân|của)+", "", text[mark.end() : end])
        found += _members(named, share)
    return tuple(found)


def _members(text: str, share: Share) -> tuple[Member, ...]:
    """Return the units of an enumeration; a type word applies up to the next one.

    A district after numbered wards ("các phường 1, 2 và 3 (Quận 4)") applies to all of them.
    """
    found: list[Member] = []
    kind = ""
    for item in _BETWEEN.split(text):
        match = _MEMBER.match(item.strip())
        if match and not match["name"].startswith(_NOT_UNITS):
            kind = (match["type"] or kind).lower()
            name = re.sub(r"^Phường (?=\d)", "", match["name"].strip())
            found.append(Member(kind, name, share, match["note"]))
            if match["note"] and _NUMBERED.fullmatch(name):
                found = _spread(found, match["note"])
    return tuple(found)


def _spread(members: list[Member], note: str) -> list[Member]:
    """Return `members`, with `note` set on the numbered ones at the end that have none."""
    last = len(members)
    while (
        last
        and _NUMBERED.fullmatch(members[last - 1].name)
        and members[last - 1].within in (None, note)
    ):
        last -= 1
    return members[:last] + [replace(member, within=note) for member in members[last:]]
