"""The families there are, by name."""

from crawler.families import epi, mastercms
from crawler.families.base import Family

FAMILIES: dict[str, Family] = {family.name: family for family in (epi.FAMILY, mastercms.FAMILY)}
FAMILY_NAMES = frozenset(FAMILIES)
