"""Places: administrative units with eras, and which of them an article mentions and is about.

    gazetteer = load_gazetteer(folder)          reads the tables
    tagger = Tagger(gazetteer)                  takes a tenth of a second; share it
    tags = tagger.tag(day, title=…, sapo=…, body=…, outlet_province=…)

Everything but `crawler.places.files` and `crawler.places.tag_articles` is pure. The data classes
are in `storage.model.places`; docs/places.md explains the words and the rules.
"""

from crawler.places.files import build_tables, fingerprint, load_gazetteer
from crawler.places.gazetteer import MERGER, Gazetteer
from crawler.places.tagging import Tagger, version_of

__all__ = [
    "MERGER", "Gazetteer", "Tagger", "build_tables", "fingerprint", "load_gazetteer",
    "version_of"
]  # fmt: skip
