"""Copies as outlets make them: variants of real articles, from a seeded generator.

Written before the rules of `storage.matching` were tuned; `dedup_held_out` has other rewriters and
other series, which were looked at only at the end.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

SENTENCE = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True)
class Doc:
    """A document of the set. Two are copies exactly where `story` is the same."""

    story: str
    kind: str
    title: str
    sapo: str
    lines: tuple[str, ...]


Variant = Callable[[Doc, Doc, Random], Doc]
"""From a document and an unrelated one to a variant of the first."""

SWAPS = {
    "cho biết": "thông tin",
    "theo đó": "cụ thể",
    "hiện nay": "thời điểm này",
    "ngay sau đó": "liền sau đó",
    "tuy nhiên": "thế nhưng",
    "bên cạnh đó": "ngoài ra",
    "người dân": "bà con",
    "được biết": "theo tìm hiểu",
    "đồng thời": "cùng lúc",
    "nhanh chóng": "khẩn trương",
    "rất nhiều": "vô số",
    "sử dụng": "dùng",
    "thực hiện": "tiến hành",
    "nguyên nhân": "lý do",
    "phát hiện": "tìm thấy",
    "xảy ra": "diễn ra",
    "tổ chức": "mở",
    "yêu cầu": "đề nghị",
    "khoảng": "chừng",
    "nhiều": "không ít",
    "cũng": "cũng đã",
    "đã": "vừa",
    "được": "nhận được",
    "các": "những",
    "trong": "ở trong",
    "khi": "lúc",
    "phải": "buộc phải",
    "với": "cùng",
    "này": "nói trên",
    "nên": "cho nên",
}
BOILERPLATE = tuple(
    tuple(lines.split("|"))
    for lines in (
        "Mời bạn đọc theo dõi kênh của chúng tôi trên các nền tảng để cập nhật tin mới nhất mỗi ngày."
        "|Bản quyền nội dung thuộc về tòa soạn, cấm sao chép dưới mọi hình thức khi chưa được phép.",
        "Quý độc giả có thể gửi ý kiến về hộp thư của tòa soạn hoặc bình luận ngay bên dưới bài viết."
        "|Đường dây nóng hoạt động từ 7 giờ đến 22 giờ tất cả các ngày trong tuần, kể cả ngày lễ."
        "|Tải ứng dụng đọc báo để không bỏ lỡ những thông tin quan trọng nhất trong ngày.",
        "Bấm vào chuông để nhận thông báo khi có bài mới trong chuyên mục mà bạn đang theo dõi."
        "|Đăng ký nhận bản tin buổi sáng qua thư điện tử, hoàn toàn miễn phí và có thể hủy lúc nào.",
        "Chuyên trang có sự đồng hành của các doanh nghiệp, nội dung do ban biên tập chịu trách nhiệm."
        "|Giấy phép hoạt động báo điện tử do cơ quan quản lý nhà nước có thẩm quyền cấp theo quy định."
        "|Ghi rõ nguồn khi phát hành lại thông tin từ trang này và dẫn đường liên kết về bài gốc."
        "|Liên hệ quảng cáo qua điện thoại của phòng kinh doanh trong giờ hành chính.",
    )
)


def sentences(doc: Doc) -> list[list[str]]:
    return [SENTENCE.split(line) for line in doc.lines]


def with_sentences(doc: Doc, parts: list[list[str]]) -> Doc:
    lines = tuple(" ".join(part) for part in parts if part)
    return replace(doc, lines=lines)


def reworded(sentence: str, random: Random) -> str:
    """Swap words, turn the clauses around, or put a phrase in front."""
    text = sentence
    for old, new in random.sample(list(SWAPS.items()), len(SWAPS)):
        if random.random() < 0.7:
            text = re.sub(rf"(?<!\w){old}(?!\w)", new, text, count=1)
    clauses = text.rstrip(".").split(", ")
    if len(clauses) > 1 and random.random() < 0.4:
        clauses = [*clauses[1:], clauses[0]]
    text = ", ".join(clauses)
    if random.random() < 0.4 or text == sentence.rstrip("."):
        text = random.choice(("Thực tế, ", "Như vậy, ", "Qua đó, ", "Nói cách khác, ")) + text
    return text[:1].upper() + text[1:] + "."


def _each(doc: Doc, share: float, random: Random, change: Callable[[str], str]) -> Doc:
    parts = sentences(doc)
    places = [(i, j) for i, part in enumerate(parts) for j in range(len(part))]
    for i, j in random.sample(places, round(share * len(places))):
        parts[i][j] = change(parts[i][j])
    return with_sentences(doc, parts)


def reword(share: float) -> Variant:
    def variant(doc: Doc, _other: Doc, random: Random) -> Doc:
        return _each(doc, share, random, lambda sentence: reworded(sentence, random))

    return variant


def replace_30(doc: Doc, other: Doc, random: Random) -> Doc:
    pool = [sentence for part in sentences(other) for sentence in part]
    return _each(doc, 0.3, random, lambda _: random.choice(pool))


def truncate(share: float) -> Variant:
    def variant(doc: Doc, _other: Doc, _random: Random) -> Doc:
        words = sum(len(line.split()) for line in doc.lines)
        left, lines = round(share * words), []
        for line in doc.lines:
            lines.append(" ".join(line.split()[:left]))
            left -= len(line.split())
            if left <= 0:
                break
        return replace(doc, lines=tuple(lines))

    return variant


def new_title(doc: Doc, _other: Doc, random: Random) -> Doc:
    words = (doc.sapo or doc.lines[0]).split()
    start = random.randrange(max(1, len(words) - 9))
    return replace(doc, title=" ".join(words[start : start + 9]).capitalize())


def new_sapo(doc: Doc, other: Doc, random: Random) -> Doc:
    if random.random() < 0.5:
        return replace(doc, sapo=" ".join(reworded(s, random) for s in SENTENCE.split(doc.sapo)))
    return replace(doc, sapo=" ".join(SENTENCE.split(other.sapo)[:1]))


def boilerplate(doc: Doc, _other: Doc, random: Random) -> Doc:
    return replace(doc, lines=(*doc.lines, *random.choice(BOILERPLATE)))


def cut_paragraph(doc: Doc, _other: Doc, random: Random) -> Doc:
    at = random.randrange(len(doc.lines))
    return replace(doc, lines=doc.lines[:at] + doc.lines[at + 1 :]) if len(doc.lines) > 1 else doc


_TONES = str.maketrans("", "")
_PAIRS = (("òa", "oà"), ("óa", "oá"), ("ỏa", "oả"), ("ủy", "uỷ"), ("úy", "uý"), ("ùy", "uỳ"))


def tone(doc: Doc, _other: Doc, _random: Random) -> Doc:
    def moved(text: str) -> str:
        for old, new in _PAIRS:
            text = re.sub(rf"(?<![qQ]){old}(?!\w)", new, text)
        return text

    return _over(doc, moved)


def nfd(doc: Doc, _other: Doc, _random: Random) -> Doc:
    return _over(doc, lambda text: unicodedata.normalize("NFD", text))


def typography(doc: Doc, _other: Doc, random: Random) -> Doc:
    quotes = random.choice(("“”", "«»", "\"\"", "''"))

    def changed(text: str) -> str:
        text = re.sub(r"[\"“”'‘’]\s?([^\"“”'‘’]{1,80}?)\s?[\"“”'‘’]", rf"{quotes[0]}\1{quotes[1]}", text)
        text = text.replace(" - ", random.choice((" – ", " — ", " ― "))).replace("...", "…")
        return text.replace(" ", "\u00a0", 3).replace("%", " %").replace(" / ", "/")

    return _over(doc, changed)


def move_caption(doc: Doc, _other: Doc, random: Random) -> Doc:
    at = random.randrange(len(doc.lines))
    rest = list(doc.lines[:at] + doc.lines[at + 1 :])
    rest.insert(random.randrange(len(rest) + 1), doc.lines[at] + " Ảnh: CTV")
    return replace(doc, lines=tuple(rest))


def mixed(doc: Doc, other: Doc, random: Random) -> Doc:
    half = max(1, round(len(doc.lines) * random.uniform(0.5, 0.7)))
    own = doc.lines[:half] if random.random() < 0.7 else doc.lines[-half:]
    length = sum(map(len, own))
    foreign: list[str] = []
    for line in other.lines:
        if sum(map(len, foreign)) >= 0.7 * length:
            break
        foreign.append(line)
    return replace(doc, lines=(*own, *foreign))


def _over(doc: Doc, change: Callable[[str], str]) -> Doc:
    lines = tuple(map(change, doc.lines))
    return replace(doc, title=change(doc.title), sapo=change(doc.sapo), lines=lines)


VARIANTS: dict[str, Variant] = {
    "title changed": new_title,
    "sapo rewritten": new_sapo,
    "boilerplate appended": boilerplate,
    "paragraph cut": cut_paragraph,
    "10 % reworded": reword(0.1),
    "20 % reworded": reword(0.2),
    "30 % reworded": reword(0.3),
    "30 % replaced": replace_30,
    "truncated to 60 %": truncate(0.6),
    "truncated to 40 %": truncate(0.4),
    "tone placement": tone,
    "NFD": nfd,
    "typography": typography,
    "caption moved": move_caption,
    "two stories mixed": mixed,
}
