"""The role of a mention in the body: the scene of an event, or somebody's residence. Pure.

The last cue before an address applies to all of it: "trú tại thôn Đoài, xã A, huyện B" is a
residence, "xảy ra tại ngõ 12, phường C" a scene.
"""

import re
from typing import Literal

Role = Literal["scene", "plain", "home"]

_REACH = 110  # characters from a cue to the end of an address
_SENTENCE_END = re.compile(r"\n|[!?…] |(?<!\b\w)(?<!tp)(?<!tx)(?<!tt)\. ")
_RESIDENCE = re.compile(
    r"(?<!\w)(?:thường trú|tạm trú|cư trú|trú quán|trú|ngụ|quê quán|nguyên quán|quê|hktt|hộ khẩu"
    r"|sinh sống|sinh ra|gốc|công tác|làm việc|làm thuê|theo học|học|điều trị|cấp cứu)"
    r"(?: cùng| thường trú)?(?: tại| ở|:)?(?!\w)"
)
_PLACE = re.compile(
    r"(?<!\w)(?:tại|ở|trên địa bàn|địa bàn|địa phận|thuộc|đoạn qua|qua|hiện trường|đến|khu vực)"
    r"(?!\w)"
)
_TIME = re.compile(
    r"(?<!\w)(?:ngày \d|sáng|trưa|chiều|tối|đêm|rạng sáng|khuya|lúc \d|khoảng \d"
    r"|\d{1,2} ?(?:h|giờ))"
)
_HAPPENS = re.compile(
    r"(?<!\w)(?:xảy ra|cháy|hỏa hoạn|tai nạn|va chạm|tông|đâm|lật|tử vong|thiệt mạng|bị thương"
    r"|phát hiện|bắt|khởi tố|tạm giữ|cướp|trộm|giết|sát hại|xô xát|đánh|ngập|sạt lở|sập|đổ|nổ"
    r"|mất tích|đuối nước|khánh thành|khởi công|khai mạc|diễn ra|tổ chức|ra quân|cưỡng chế"
    r"|thu hồi|phá dỡ|giải phóng mặt bằng|xây dựng|thi công|kiểm tra|xử phạt|vi phạm|quyết định"
    r"|nguy hiểm|xuống cấp|ô nhiễm)(?!\w)"
)


def role(lower: str, start: int) -> Role:
    """Return the role of the mention at `start` of a body; `lower` is the body in lower case."""
    before = lower[max(0, start - _REACH) : start]
    residence = _end_of_last(_RESIDENCE, before)
    # a closing parenthesis ends an address: "(32 tuổi, quê Nam Định) đi qua …"
    is_in_address = residence >= 0 and not set(")\n") & set(before[residence:])
    if is_in_address and residence >= _end_of_last(_PLACE, before):
        return "home"
    sentence = _sentence(lower, start)
    return "scene" if _HAPPENS.search(sentence) or _TIME.search(sentence) else "plain"


def _end_of_last(cue: re.Pattern[str], text: str) -> int:
    return max((match.end() for match in cue.finditer(text)), default=-1)


def _sentence(lower: str, start: int) -> str:
    """Return the sentence around `start`; a dot after an abbreviation does not end it."""
    begin = max(0, start - 300)
    begin += _end_of_last(_SENTENCE_END, lower[begin:start]) + (begin > 0)
    end = _SENTENCE_END.search(lower, start, start + 200)
    return lower[max(0, begin) : end.start() if end else start + 200]
