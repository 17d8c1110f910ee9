"""The few events before December 2024 that our sources name, written down by hand.

Hà Tây merged into Hà Nội on 1/8/2008, and huyện Từ Liêm was split into quận Bắc and Nam Từ Liêm
on 28/12/2013. Official codes of the two old units are in none of our sources, so they have none.
"""

from datetime import date

from storage.model.places import Succession, Unit

_HA_NOI = "tp-ha-noi.01@2024-12"
_BAC = "q-bac-tu-liem.021@2024-12"
_NAM = "q-nam-tu-liem.019@2024-12"
_HA_TAY = "t-ha-tay@2008-07"
_TU_LIEM = "h-tu-liem@2013-12"

EARLIER_UNITS = (
    Unit(_HA_TAY, None, "tỉnh", "Hà Tây", None, None, date(2008, 8, 1), "history"),
    Unit(_TU_LIEM, None, "huyện", "Từ Liêm", _HA_NOI, None, date(2013, 12, 28), "history"),
)
EARLIER_SUCCESSIONS = (
    Succession(_HA_TAY, _HA_NOI, "whole"),
    Succession(_TU_LIEM, _BAC, "part"),
    Succession(_TU_LIEM, _NAM, "part"),
)
KNOWN_BEGINNINGS = {_BAC: date(2013, 12, 28), _NAM: date(2013, 12, 28)}
