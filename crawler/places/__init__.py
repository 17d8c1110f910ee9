"""Places: administrative units with eras, and which of them an article mentions and is about.

    gazetteer = load_gazetteer(folder)          the one function that reads files
    tagger = Tagger(gazetteer)                  a tenth of a second; share it
    tags = tagger.tag(day, title=…, sapo=…, body=…, outlet_province=…)

Everything but `crawler.places.files` is pure. docs/places.md explains the words and the rules.
"""

from crawler.places.aboutness import Score
from crawler.places.files import build_tables, load_gazetteer
from crawler.places.gazetteer import MERGER, Gazetteer, Reach
from crawler.places.tagging import Mention, Tagger, Tags
from crawler.places.units import Level, Share, Succession, Unit

__all__ = [
    "MERGER",
    "Gazetteer",
    "Level",
    "Mention",
    "Reach",
    "Score",
    "Share",
    "Succession",
    "Tagger",
    "Tags",
    "Unit",
    "build_tables",
    "load_gazetteer",
]
