"""The words around a name that tell what it is. Data, each group with its reason.

All in lower case and with tones in the older place, as `offsets.normal` gives them.
"""

import re

from crawler.places.units import Level

# type words and the abbreviations that newspapers use for them
TYPES: dict[str, tuple[str, ...]] = {
    "quận": ("quận",), "q": ("quận",), "quận ủy": ("quận",),
    "huyện": ("huyện",), "h": ("huyện",), "huyện ủy": ("huyện",),
    "thị xã": ("thị xã",), "tx": ("thị xã",), "thị ủy": ("thị xã",),
    "thành phố": ("thành phố",), "tp": ("thành phố",), "thành ủy": ("thành phố",),
    "t.p": ("thành phố",), "t.x": ("thị xã",), "t.t": ("thị trấn",),
    "phường": ("phường",), "p": ("phường",),
    "xã": ("xã",), "x": ("xã",),
    "thị trấn": ("thị trấn",), "tt": ("thị trấn",),
    "đặc khu": ("đặc khu",),
    "tỉnh": ("tỉnh",), "tỉnh ủy": ("tỉnh",),
}  # fmt: skip
LEVELS: dict[str, Level] = {
    "quận": "district", "huyện": "district", "thị xã": "district", "thành phố": "district",
    "phường": "ward", "xã": "ward", "thị trấn": "ward", "đặc khu": "ward",
    "tỉnh": "province",
}  # fmt: skip

_LONG = "quận ủy|huyện ủy|thị ủy|thành ủy|tỉnh ủy|quận|huyện|thị xã|thành phố|phường|xã|thị trấn|đặc khu|tỉnh"
# "Q.Tây Hồ", "TP Thủ Đức", "TX. Sơn Tây"; one letter needs its dot, two do not
_SHORT = r"(?:tp|tx|tt|t\.p|t\.x|t\.t)\.?|[qhpx]\."
_ONE = rf"(?:{_LONG}|{_SHORT})"
# "các quận, huyện, thị xã:" names several types at once
TRIGGER = re.compile(
    rf"(?<![\w.])(?P<types>{_ONE}(?:(?:, ?| và | hoặc |/| ?- ?){_ONE})*)(?P<gap> ?:? ?[\"'“‘]?)$"
)
ANY_TRIGGER = re.compile(rf"(?<![\w.])(?P<types>{_ONE}(?:(?:, ?| và | hoặc |/| ?- ?){_ONE})*)(?: ?:)?(?= ?\S)")
SPLIT_TYPES = re.compile(r", ?| và | hoặc |/| ?- ?")
PLURAL = re.compile(r"(?:các|những|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|\d+) $")
LINKS = frozenset({"và", "cùng", "với", "hoặc", "các", "của"})

# offices and people that stand before a unit's bare name: "Công an Chương Mỹ"
OFFICES = (
    "công an", "ca", "viện ksnd", "ksnd", "vksnd", "viện kiểm sát nhân dân", "viện kiểm sát",
    "tand", "tòa án nhân dân", "tòa án", "ubnd", "ủy ban nhân dân", "hđnd", "hội đồng nhân dân",
    "mttq", "lđlđ", "liên đoàn lao động", "chủ tịch", "bí thư", "đảng bộ", "đảng ủy",
    "chính quyền", "lãnh đạo", "huyện đoàn", "quận đoàn", "ban chỉ huy quân sự", "chi cục thuế",
    "đội csgt", "trưởng công an", "phó chủ tịch", "phó bí thư",
)  # fmt: skip
# words that place something: "ở Sóc Sơn", "đoạn qua Phú Xuyên"
PLACING = (
    "ở", "tại", "qua", "đi", "về", "đến", "tới", "từ", "thuộc", "trên địa bàn", "địa bàn",
    "ngoại thành", "người dân", "nhân dân", "cử tri", "nông dân", "đất", "giữa", "quê",
    "trú", "ngụ", "sống ở", "khắp", "vùng",
)  # fmt: skip
# what else bears such a name: streets, bridges, lakes, schools, battles, people
OTHERS = (
    "đường", "phố", "ngõ", "ngách", "hẻm", "đại lộ", "quốc lộ", "cao tốc", "tuyến", "trục",
    "cầu", "cầu vượt", "hầm", "nút giao", "ngã tư", "ngã ba", "ngã năm", "vòng xoay", "bến", "bến xe",
    "bến phà", "cảng", "ga", "sân bay", "nhà ga", "metro", "bot", "trạm", "đèo", "dốc", "đê", "kè",
    "chợ", "siêu thị", "trung tâm thương mại", "tttm", "hồ", "sông", "rạch", "kênh", "suối", "biển",
    "vịnh", "đảo", "núi", "gò", "đồi", "rừng", "thác", "hang", "đầm", "ao", "bãi", "công viên",
    "vườn hoa", "quảng trường", "tượng đài", "lăng", "đền", "chùa", "đình", "miếu", "phủ", "nhà thờ",
    "thành cổ", "làng", "thôn", "xóm", "ấp", "bản", "tổ dân phố", "trường", "thpt", "thcs", "tiểu học",
    "mầm non", "mẫu giáo", "đại học", "cao đẳng", "học viện", "bệnh viện", "bv", "phòng khám",
    "khách sạn", "nhà hàng", "quán", "rạp", "nhà hát", "sân vận động", "svđ", "cung", "chung cư",
    "tòa nhà", "tháp", "khu đô thị", "kđt", "khu công nghiệp", "kcn", "cụm công nghiệp", "ccn",
    "dự án", "công ty", "cty", "tập đoàn", "ngân hàng", "nhà máy", "xí nghiệp", "htx", "clb",
    "câu lạc bộ", "đội bóng", "báo", "tạp chí", "đài", "nhà xuất bản", "trận", "chiến thắng", "khởi nghĩa",
    "phong trào", "chiến dịch", "lễ hội", "hội", "giải", "nghệ sĩ", "ca sĩ", "diễn viên", "nhà văn",
    "nhà thơ", "nhạc sĩ", "họa sĩ", "ông", "bà", "anh", "chị", "em", "cô", "chú", "bác", "cháu",
    "thầy", "cụ", "bé", "tên", "họ", "bị cáo", "bị can", "đối tượng", "nghi phạm", "nạn nhân",
    "tướng", "vua", "hoàng đế", "chúa", "nữ tướng", "bác sĩ", "luật sư", "đại biểu", "giáo sư",
    "tiến sĩ", "kỹ sư", "nhà báo", "công viên nước", "nhãn", "bưởi", "đào", "quất", "trà", "chè",
    "nem", "bún", "bánh", "phở", "giò", "cốm", "gốm", "lụa", "tiệm", "cửa hàng", "shop", "thương hiệu",
    "bến tàu", "nghĩa trang", "nhà tù", "trại giam", "căn cứ", "điện", "hạt", "trấn",
)  # fmt: skip
# a number after a type word that counts something: "công đoàn quận 9 tháng đầu năm"
COUNTED = re.compile(
    r"\s*(?:tháng|năm|ngày|tuần|giờ|phút|quý|%|phần trăm|triệu|tỷ|tỉ|nghìn|ngàn|trăm|đồng|người|hộ"
    r"|phường|xã|quận|huyện|vụ|ca|trường|học sinh|m2|m²|ha|km|m|kg|tấn|lần|điểm|dự án|công trình"
    r"|tuổi|khu|tổ|đơn vị|cán bộ|đại biểu|đồng chí|[,.]\d)(?!\w)"
)
# a unit of another country: "quận 7, Paris", "tỉnh Sơn Tây (Trung Quốc)"
FOREIGN = re.compile(
    r"[\s,(]*(?:(?:của|ở|tại|thuộc|thành phố|thủ đô|tp\.?) )?(?:paris|pháp|vienna|viên|áo|budapest|hungary"
    r"|trung quốc|bắc kinh|thượng hải|quảng châu|thâm quyến|hong kong|đài loan|đài bắc|hàn quốc|seoul|busan"
    r"|nhật bản|tokyo|osaka|kyoto|thái lan|bangkok|lào|vientiane|viêng chăn|campuchia|phnom penh"
    r"|singapore|malaysia|kuala lumpur|indonesia|jakarta|philippines|manila|myanmar|ấn độ|new delhi"
    r"|mumbai|mỹ|new york|california|anh|london|đức|berlin|ý|italia|rome|nga|moscow|matxcơva|úc|sydney)"
    r"(?!\w)"
)
FORMER = re.compile(r"\s*(?:\(cũ\)|\(trước đây\)|\(trước sáp nhập\)|cũ)(?!\w)")
FORMERLY = re.compile(
    r"(?:trước đây|trước kia|nguyên là|hình thành từ|thành lập từ|nhập từ|sáp nhập|hợp nhất|"
    r"trên cơ sở|gồm|bao gồm|thuộc)[^.;]{0,120}$"
)
FUTURE = re.compile(
    r"(?:dự kiến|sẽ (?:là|mang|có|đặt|thành|lấy)|tên gọi|đổi tên|lập|đặt tên|phương án|lấy tên|mới|thành)"
    r"[^.;]{0,60}$"
)
SURNAMES = frozenset(
    "nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đào đinh lâm mai trịnh "
    "trương tô tạ hà cao lưu lương thái châu chu quách đoàn phùng kiều vương tăng từ thân tống khương "
    "nghiêm la lại lã mạc ma nông triệu văn y a h".split()
)
# other names that a province goes by
PROVINCE_ALIASES = {
    "thủ đô": "Hà Nội", "hn": "Hà Nội", "tphcm": "Hồ Chí Minh", "hcm": "Hồ Chí Minh",
    "tp hcm": "Hồ Chí Minh", "tp.hcm": "Hồ Chí Minh", "tp. hcm": "Hồ Chí Minh",
    "sài gòn": "Hồ Chí Minh", "đắc lắc": "Đắk Lắk", "daklak": "Đắk Lắk", "bà rịa vũng tàu":
    "Bà Rịa - Vũng Tàu", "br-vt": "Bà Rịa - Vũng Tàu", "thừa thiên - huế": "Thừa Thiên Huế",
    "bắc cạn": "Bắc Kạn", "đắk nông": "Đắk Nông", "đắc nông": "Đắk Nông",
}  # fmt: skip
