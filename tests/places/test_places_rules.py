"""A change of the matcher's rules must raise their version, or old tags would pass for new ones."""

import json
from datetime import date
from hashlib import sha256

from crawler.places.tagging import RULES
from tests.support.places import SUITE, suite, tagger

# Fails because you changed what is found? Raise RULES and note both here. After a change of the
# gazetteer alone, note the digest: the gazetteer has a version of its own.
KNOWN = (3, "5a1f71b3b9c245cb")


def digest() -> str:
    found = []
    for file in sorted(SUITE.glob("*.jsonl")):
        for item in suite(file.stem):
            tags = tagger().tag(
                date.fromisoformat(item["date"]),
                title=item["text"],
                body=item["text"],
                outlet_province=item["outlet_province"],
            )
            mentions = [(m.field, m.start, m.end, m.unit) for m in tags.mentions]
            scores = [(score.unit, score.score, score.confidence) for score in tags.scores]
            found.append([item["id"], mentions, scores])
    return sha256(json.dumps(found).encode()).hexdigest()[:16]


def test_the_rules_have_the_version_that_their_finds_had() -> None:
    assert (RULES, digest()) == KNOWN


def test_tags_say_which_gazetteer_and_rules_made_them() -> None:
    version = tagger().tag(date(2024, 6, 1), body="quận Tây Hồ").version
    assert version == f"{tagger().gazetteer.version}.{RULES}"
