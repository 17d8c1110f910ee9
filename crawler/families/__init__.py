"""The families there are, by name, in the order in which a page's marks are tried."""

from crawler.families import (
    dantri,
    epi,
    generic,
    mastercms,
    onecms,
    provincial,
    vccorp,
    vietnamnet,
    vnexpress,
    vtcnews,
    znews,
)
from crawler.families.base import Family

GENERIC = generic.FAMILY
# Shared platforms last but one: an own site may embed pictures from a platform's servers.
FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY
    for module in (
        vnexpress,
        dantri,
        vietnamnet,
        znews,
        vtcnews,
        epi,
        mastercms,
        onecms,
        vccorp,
        provincial,
        generic,
    )
}
FAMILY_NAMES = frozenset(FAMILIES)
