"""Copies as outlets make them: variants of real articles, from a seeded generator.

Written before the rules of `storage.dedup.similarity` were tuned; the held-out set has other
rewriters and other series, which were used only at the end.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from random import Random

from benchmarks.dedup_templates import Doc, Words

SENTENCE = re.compile(r"(?<=[.!?…])\s+")
QUOTED = re.compile(r"[\"“”'‘’]\s?([^\"“”'‘’]{1,80}?)\s?[\"“”'‘’]")
TONES = (("òa", "oà"), ("óa", "oá"), ("ỏa", "oả"), ("ủy", "uỷ"), ("úy", "uý"), ("ùy", "uỳ"))
TWO_SPELLINGS = re.compile(r"(?<!\w)(qu|h|k|l|m|s|t)(?:([yỳýỷỹỵ])|([iìíỉĩị]))(?!\w)", re.IGNORECASE)
Y_TO_I = dict(zip("yỳýỷỹỵYỲÝỶỸỴ", "iìíỉĩịIÌÍỈĨỊ", strict=True))
FIGURE = re.compile(r"(?<![\w/.,:-])\d{1,4}(?![\w/:-]|[.,]\d)")
AGENCY = ("Theo TTXVN", "Theo TTXVN/Vietnam+", "(TTXVN)", "Nguồn: TTXVN")
OPENINGS = ("Thực tế, ", "Như vậy, ", "Qua đó, ", "Nói cách khác, ")

Variant = Callable[[Doc, Doc, Random], Doc]
"""Makes a variant of the first document; the second is an unrelated one."""
Rewriter = Callable[[str, Random], str]


def swapping(words: Words) -> Rewriter:
    """Return a rewriter that swaps words, reorders clauses, or prepends a phrase."""

    def reworded(sentence: str, random: Random) -> str:
        text = sentence
        for old, new in words.swaps.items():
            if random.random() < 0.7:
                text = re.sub(rf"(?<!\w){old}(?!\w)", new, text, count=1)
        clauses = text.rstrip(".").split(", ")
        if len(clauses) > 1 and random.random() < 0.4:
            clauses = [*clauses[1:], clauses[0]]
        text = ", ".join(clauses)
        if random.random() < 0.4 or text == sentence.rstrip("."):
            text = random.choice(OPENINGS) + text
        return text[:1].upper() + text[1:] + "."

    return reworded


def dropping(sentence: str, random: Random) -> str:
    """Return a sentence without some words, and with its halves swapped in half of the cases."""
    words = sentence.rstrip(".").split()
    kept = [
        word for word in words if word[:1].isupper() or not word.isalpha() or random.random() < 0.8
    ]
    half = len(kept) // 2
    if random.random() < 0.5:
        kept = [*kept[half:], "và", *kept[:half]]
    return " ".join(kept) + "."


def variants(words: Words, reworded: Rewriter) -> dict[str, Variant]:
    """Return all classes of variants, by name."""

    def reword(share: float) -> Variant:
        return lambda doc, _other, random: _each(
            doc, share, random, lambda sentence: reworded(sentence, random)
        )

    def new_sapo(doc: Doc, other: Doc, random: Random) -> Doc:
        if random.random() < 0.5:
            parts = (reworded(sentence, random) for sentence in SENTENCE.split(doc.sapo))
            return replace(doc, sapo=" ".join(parts))
        return replace(doc, sapo=SENTENCE.split(other.sapo)[0])

    def boilerplate(doc: Doc, _other: Doc, random: Random) -> Doc:
        return replace(doc, lines=(*doc.lines, *random.choice(words.boilerplate)))

    def syndicated(doc: Doc, other: Doc, random: Random) -> Doc:
        """Return an agency's story as republished by another outlet."""
        lead = " ".join(reworded(sentence, random) for sentence in SENTENCE.split(doc.sapo))
        tenth = reword(0.1) if random.random() < 0.5 else swap_words
        cut = cut_paragraph(tenth(doc, other, random), other, random)
        tail = (random.choice(AGENCY), *random.choice(words.boilerplate))
        title = reworded(new_title(doc, other, random).title, random).rstrip(".")
        return replace(cut, title=title, sapo=lead, lines=(*cut.lines, *tail))

    return {
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
        "y for i": y_for_i,
        "updated": updated,
        "syndicated": syndicated,
    }


def _each(doc: Doc, share: float, random: Random, change: Callable[[str], str]) -> Doc:
    parts = [SENTENCE.split(line) for line in doc.lines]
    places = [(i, j) for i, part in enumerate(parts) for j in range(len(part))]
    for i, j in random.sample(places, round(share * len(places))):
        parts[i][j] = change(parts[i][j])
    return replace(doc, lines=tuple(" ".join(part) for part in parts))


def replace_30(doc: Doc, other: Doc, random: Random) -> Doc:
    pool = [sentence for line in other.lines for sentence in SENTENCE.split(line)]
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


def cut_paragraph(doc: Doc, _other: Doc, random: Random) -> Doc:
    at = random.randrange(len(doc.lines))
    return replace(doc, lines=doc.lines[:at] + doc.lines[at + 1 :]) if len(doc.lines) > 1 else doc


def tone(doc: Doc, _other: Doc, _random: Random) -> Doc:
    def moved(text: str) -> str:
        for old, new in TONES:
            text = re.sub(rf"(?<![qQ]){old}(?!\w)", new, text)
        return text

    return _over(doc, moved)


def swap_words(doc: Doc, other: Doc, random: Random) -> Doc:
    """Replace every tenth word; figures and names stay."""
    pool = [word for line in other.lines for word in line.split() if word.islower()] or ["vừa"]

    def swapped(text: str) -> str:
        words = text.split()
        return " ".join(
            random.choice(pool) if word.islower() and random.random() < 0.1 else word
            for word in words
        )

    return replace(doc, lines=tuple(map(swapped, doc.lines)))


def y_for_i(doc: Doc, _other: Doc, random: Random) -> Doc:
    """Spell "lí, kĩ, quí" for "lý, kỹ, quý" throughout, or the other way round."""
    to_y = {i: y for y, i in Y_TO_I.items()}
    table = Y_TO_I if random.random() < 0.7 else to_y

    def spelled(found: re.Match[str]) -> str:
        return found[1] + "".join(table.get(char, char) for char in found[0][len(found[1]) :])

    return _over(doc, lambda text: TWO_SPELLINGS.sub(spelled, text))


def updated(doc: Doc, other: Doc, random: Random) -> Doc:
    """Return a later report of the same event: two figures differ, and a paragraph is new."""
    text = "\n".join((doc.title, doc.sapo, *doc.lines))
    places = list(FIGURE.finditer(text))
    changed = random.sample(places, min(2, len(places)))
    new = {found[0]: str(int(found[0]) + random.randint(1, 9)) for found in changed}
    if random.random() < 0.5:  # every occurrence
        text = FIGURE.sub(lambda found: new.get(found[0], found[0]), text)
    else:
        for found in sorted(changed, key=lambda match: -match.start()):
            text = text[: found.start()] + new[found[0]] + text[found.end() :]
    title, sapo, *lines = text.split("\n")
    lines.insert(random.randrange(len(lines) + 1), random.choice(other.lines))
    return replace(doc, title=title, sapo=sapo, lines=tuple(lines))


def nfd(doc: Doc, _other: Doc, _random: Random) -> Doc:
    return _over(doc, lambda text: unicodedata.normalize("NFD", text))


def typography(doc: Doc, _other: Doc, random: Random) -> Doc:
    quotes = random.choice(("“”", "«»", '""', "''"))

    def changed(text: str) -> str:
        text = QUOTED.sub(rf"{quotes[0]}\1{quotes[1]}", text)
        text = text.replace(" - ", random.choice((" – ", " — ", " ― "))).replace("...", "…")
        return text.replace(" ", "\u00a0", 3).replace("%", " %").replace(" / ", "/")

    return _over(doc, changed)


def move_caption(doc: Doc, _other: Doc, random: Random) -> Doc:
    at = random.randrange(len(doc.lines))
    rest = list(doc.lines[:at] + doc.lines[at + 1 :])
    rest.insert(random.randrange(len(rest) + 1), doc.lines[at] + " Ảnh: CTV")
    return replace(doc, lines=tuple(rest))


def mixed(doc: Doc, other: Doc, random: Random) -> Doc:
    """Append part of another story; the larger part is the document's own."""
    half = max(1, round(len(doc.lines) * random.uniform(0.5, 0.7)))
    own = doc.lines[:half] if random.random() < 0.7 else doc.lines[-half:]
    return replace(doc, lines=(*own, *_up_to(0.7 * sum(map(len, own)), other.lines)))


def _up_to(length: float, lines: Iterable[str]) -> list[str]:
    taken: list[str] = []
    for line in lines:
        if sum(map(len, taken)) >= length:
            break
        taken.append(line)
    return taken


def _over(doc: Doc, change: Callable[[str], str]) -> Doc:
    lines = tuple(map(change, doc.lines))
    return replace(doc, title=change(doc.title), sapo=change(doc.sapo), lines=lines)
