"""All families by name, in the order in which a page is tried with them."""

from crawler.families import epi, generic, mastercms, onecms, provincial, vccorp
from crawler.families.base import Family
from crawler.families.own import (
    baophapluat,
    baotintuc,
    dantri,
    hanoionline,
    kinhtedothi,
    laodong,
    qdnd,
    vietnamnet,
    vnexpress,
    vov,
    vtcnews,
    znews,
)

GENERIC = generic.FAMILY
# Shared platforms first: most outlets use them. Marks alone do not decide, but the container does:
# a site may embed pictures from another platform's servers.
FAMILIES: dict[str, Family] = {
    module.FAMILY.name: module.FAMILY
    for module in (
        epi,
        mastercms,
        vccorp,
        onecms,
        provincial,
        vnexpress,
        dantri,
        vietnamnet,
        znews,
        vtcnews,
        laodong,
        qdnd,
        vov,
        baotintuc,
        baophapluat,
        kinhtedothi,
        hanoionline,
        generic,
    )
}
FAMILY_NAMES = frozenset(FAMILIES)
