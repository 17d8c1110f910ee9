"""Words and patterns around a name that show what it is. Data, each group with its reason.

All in lower case and with tones in the older place, as `offsets.normal` gives them.
"""

import re

from storage.model.places import Level


def _phrases(text: str) -> frozenset[str]:
    """Return the phrases of a list that commas separate."""
    return frozenset(" ".join(phrase.split()) for phrase in text.split(","))


# type words and their abbreviations in newspapers; a party committee implies its unit
TYPES: dict[str, str] = {
    "quận": "quận", "q": "quận", "quận ủy": "quận",
    "huyện": "huyện", "h": "huyện", "huyện ủy": "huyện",
    "thị xã": "thị xã", "tx": "thị xã", "t.x": "thị xã", "t x": "thị xã", "thị ủy": "thị xã",
    "thành phố": "thành phố", "tp": "thành phố", "t.p": "thành phố", "thành ủy": "thành phố",
    "phường": "phường", "p": "phường",
    "xã": "xã", "x": "xã",
    "thị trấn": "thị trấn", "tt": "thị trấn", "t.t": "thị trấn",
    "đặc khu": "đặc khu",
    "tỉnh": "tỉnh", "tỉnh ủy": "tỉnh",
}  # fmt: skip
LEVELS: dict[str, Level] = {
    "quận": "district", "huyện": "district", "thị xã": "district", "thành phố": "district",
    "phường": "ward", "xã": "ward", "thị trấn": "ward", "đặc khu": "ward",
    "tỉnh": "province",
}  # fmt: skip
PLURAL = re.compile(r"(?:các|những|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|\d+) $")
JOINTS = (", ", ",", " và ", "/", "-", " - ", " hoặc ")  # "các quận, huyện": several types at once

# lower-case words in an enumeration, or in a description between type word and name:
# "các quận nội thành như Ba Đình, Hoàn Kiếm", "huyện đảo Lý Sơn"
LINKS = _phrases(
    """và, cùng, với, hoặc, các, như, gồm, bao, là, có, mới, cũ, nội, ngoại, thành, trung, tâm,
    ven, đô, phía, bắc, nam, đông, tây, miền, núi, đảo, biển, biên, giới, vùng, cao, nghèo, du,
    lịch, lân, cận, khác, trẻ"""
)

# offices and people before a unit's bare name: "Công an Chương Mỹ"
OFFICES = _phrases(
    """công an, ca, viện ksnd, ksnd, vksnd, viện kiểm sát nhân dân, viện kiểm sát, tand,
    tòa án nhân dân, tòa án, ubnd, ủy ban nhân dân, hđnd, hội đồng nhân dân, mttq, lđlđ,
    liên đoàn lao động, chủ tịch, bí thư, đảng bộ, đảng ủy, chính quyền, lãnh đạo, huyện đoàn,
    quận đoàn, ban chỉ huy quân sự, chi cục thuế, đội csgt, trưởng công an, phó chủ tịch,
    phó bí thư, gd&đt, gd-đt, phòng giáo dục, phòng giáo dục và đào tạo, bhxh, bảo hiểm xã hội,
    trung tâm y tế, ttyt, hội phụ nữ, hội lhpn, hội nông dân, hội cựu chiến binh, đoàn thanh niên,
    thành đoàn, bch quân sự, thanh tra xây dựng, đội thanh tra xây dựng, hạt kiểm lâm,
    đội quản lý thị trường, cảnh sát giao thông, csgt, kho bạc, kho bạc nhà nước"""
)
# words before a location: "ở Sóc Sơn", "đoạn qua Phú Xuyên"
PLACING = _phrases(
    """ở, tại, qua, đi, về, đến, tới, từ, thuộc, trên địa bàn, địa bàn, ngoại thành, người dân,
    nhân dân, cử tri, nông dân, đất, giữa, quê, trú, ngụ, khắp, vùng, nối, giáp, gần, quanh,
    hướng, sang, vào, lên, xuống, ở khu vực, tại khu vực, quanh khu vực, trong khu vực, trẻ em,
    bà con, hộ dân, thanh niên, phụ nữ, học sinh, tiểu thương"""
)
PERSONS = _phrases("ông, bà, anh, chị, em, cô, chú, bác, cháu, thầy, cụ, bé, tên")
# words right before a name that is something else: streets, lakes, schools, people, goods
OTHERS = PERSONS | _phrases(
    """đường, phố, ngõ, ngách, hẻm, đại lộ, quốc lộ, cao tốc, tuyến, trục, cầu, cầu vượt, hầm,
    nút, nút giao, ngã tư, ngã ba, ngã năm, vòng xoay, bến, bến xe, bến phà, bến tàu, cảng, ga,
    nhà ga, sân bay, metro, bot, trạm, đèo, dốc, đê, kè, chợ, siêu thị, trung tâm thương mại, tttm,
    hồ, sông, rạch, kênh, suối, biển, vịnh, đảo, quần đảo, bán đảo, núi, gò, đồi, rừng, thác, hang,
    đầm, ao, bãi, công viên, vườn hoa, vườn quốc gia, quảng trường, tượng đài, lăng, đền, chùa,
    đình, miếu, phủ, nhà thờ, thành cổ, làng, thôn, xóm, ấp, bản, tổ dân phố, trường, thpt, thcs,
    tiểu học, mầm non, mẫu giáo, đại học, cao đẳng, học viện, bệnh viện, bv, phòng khám,
    khách sạn, nhà hàng, quán, rạp, nhà hát, sân vận động, svđ, cung, chung cư, tòa nhà, tháp,
    khu đô thị, kđt, khu dân cư, khu công nghiệp, kcn, cụm công nghiệp, ccn, dự án, công ty, cty,
    tập đoàn, ngân hàng, nhà máy, xí nghiệp, điện lực, htx, clb, câu lạc bộ, đội bóng, báo,
    tạp chí, đài, nhà xuất bản, trận, chiến thắng, khởi nghĩa, phong trào, chiến dịch, lễ hội,
    hội, giải, nghệ sĩ, ca sĩ, diễn viên, nhà văn, nhà thơ, nhạc sĩ, họa sĩ, họ, bị cáo, bị can,
    đối tượng, nghi phạm, nạn nhân, tướng, nữ tướng, vua, hoàng đế, chúa, bác sĩ, luật sư,
    đại biểu, giáo sư, tiến sĩ, kỹ sư, nhà báo, nhãn, bưởi, đào, quất, trà, chè, nem, bún, bánh,
    phở, giò, cốm, gốm, lụa, tiệm, cửa hàng, shop, thương hiệu, nghĩa trang, nhà tù, trại giam,
    căn cứ, điện, trấn"""
)
# words before a province's name that is not a location: a club plays anywhere
ELSEWHERE = PERSONS | _phrases(
    """đường, xa lộ, đội bóng, đội, clb, câu lạc bộ, fc, trận, báo, tạp chí, đài, giải, chiến thắng,
    bia, nem, phở, bún, cốm"""
)
# "nhiều tuyến đường Hà Nội", "các con đường Hà Nội": streets of the city, not a street's name
STREETS = re.compile(r"(?:tuyến|con|các|nhiều|những|mọi|đoạn|cung) đường $")
COMPASS = _phrases("bắc, nam, đông, tây")
# bare names that usually mean something else
LANDMARKS = _phrases("văn miếu - quốc tử giám, văn miếu-quốc tử giám, bạch mai, hồng hà")
# hospitals are called by the name of their location: "điều trị tại Bạch Mai và Việt Đức"
TREATED = re.compile(
    r"(?:điều trị|cấp cứu|phẫu thuật|chữa trị|nhập viện|mổ|bệnh nhân|y bác sĩ)"
    r"(?: [^\W\d_]+){0,3} (?:tại|ở|đến|vào|từ|sang|của) $"
)
# "đoạn Yên Viên - Gia Lâm": from one station to another
_ROUTE = (
    r"(?:đoạn|tuyến|chặng|đường sắt|cao tốc|hành trình|lộ trình)(?: từ| tàu| xe| đường| metro)* "
)
ROUTE_FROM = re.compile(_ROUTE + r"$")
ROUTE_TO = re.compile(_ROUTE + r"(?:tp\.|[^,.;:()\n]){2,30} - $")
# "Minh Châu là xã đảo duy nhất của Hà Nội"
IS_A = re.compile(
    r" (?:là|vốn là|từng là) (?:một |một trong (?:những|các|\w+) )?"
    r"(?P<type>quận|huyện|thị xã|phường|xã|thị trấn)(?!\w)"
)
# facilities whose name can follow some words later: "bệnh viện đa khoa Mường Nhé"
FACILITIES = _phrases(
    """bệnh viện, trường, bến xe, nhà máy, cảng, chợ, khu đô thị, khu dân cư, cơ sở, dự án,
    khu công nghiệp, công ty, vườn quốc gia, vườn qg, sân bay, trạm, cửa khẩu, điện lực,
    thủy điện, hồ, công viên, chung cư, khách sạn, ngân hàng, chi nhánh, quần đảo, bán đảo,
    cao tốc, đường sắt, metro, nút giao, khu bảo tồn, khu du lịch, bãi, cửa hàng, nhà tù,
    học viện, đại học, cao đẳng, cầu, đường, phố, đài, hợp tác xã, khu chế xuất, khu tập thể,
    tòa nhà, nhà thi đấu, sân vận động, rừng, cảng hàng không, bến cảng, di tích, lễ hội,
    cụm công nghiệp, làng nghề, nông trường"""
)

# words after a number that counts them and is not a name: "công đoàn quận 9 tháng đầu năm"
COUNTED = re.compile(
    r"\s*(?:tháng|năm|ngày|tuần|giờ|phút|quý|%|phần trăm|triệu|tỷ|tỉ|nghìn|ngàn|trăm|đồng|người|hộ"
    r"|phường|xã|quận|huyện|vụ|ca|trường|học sinh|m2|m²|ha|km|m|kg|tấn|lần|điểm|dự án|công trình"
    r"|tuổi|khu|tổ|đơn vị|cán bộ|đại biểu|đồng chí|[,.]\d)(?!\w)"
)
# a unit of another country: "quận 7, Paris", "tỉnh Sơn Tây (Trung Quốc)"
FOREIGN = re.compile(
    r"[\s,(]*(?:(?:của|ở|tại|thuộc|thành phố|thủ đô|tp\.?) )?"
    r"(?P<name>paris|pháp|vienna|viên|áo|budapest|hungary|trung quốc|bắc kinh|thượng hải|quảng châu"
    r"|thâm quyến|hong kong|đài loan|đài bắc|hàn quốc|seoul|busan|nhật bản|tokyo|osaka|kyoto"
    r"|thái lan|bangkok|lào|vientiane|viêng chăn|campuchia|phnom penh|singapore|malaysia"
    r"|kuala lumpur|indonesia|jakarta|philippines|manila|myanmar|ấn độ|new delhi|mumbai|mỹ"
    r"|new york|california|anh|london|đức|berlin|ý|italia|rome|nga|moscow|matxcơva|úc|sydney)"
    r"(?!\w)"
)

# a street with its district: "trên đường Phạm Hùng, Nam Từ Liêm."; not "các phố Láng, Cầu Giấy"
STREET = re.compile(
    r"(?<!các )(?<!tuyến )(?<!trục )(?:đường|phố|ngõ|ngách|hẻm|đại lộ|chung cư|khu đô thị|kđt)"
    r" [^,.;:()\n]{2,40}, $"
)
ADDRESS_END = re.compile(r"\s*(?:[.;)\n]|$)")
FORMER = re.compile(r"\s*(?:\((?:cũ|trước đây|trước sáp nhập|trước sắp xếp)\)|cũ|trước đây)(?!\w)")
RENEWED = re.compile(r"\s*(?:\(mới\)|mới)(?!\w)")
# cues before the names of old units, and before those of new ones
FORMERLY = re.compile(
    r"(?:hình thành từ|lập từ|trên cơ sở|trước đây là|nguyên là|vốn là|tách từ"
    r"|sáp nhập|hợp nhất|nhập)(?= )"
)
FUTURE = re.compile(
    r"(?:dự kiến|thành lập|đổi tên thành|hình thành|lấy tên|đặt tên|mang tên|tên gọi|trở thành"
    r"|thành|lập)(?= )"
)
# lower-case words that may be between such a cue and the names after it
CUE_LINKS = LINKS | _phrases(
    """toàn, bộ, một, phần, diện, tích, tự, nhiên, quy, mô, dân, số, của, hai, ba, bốn, năm, sáu,
    bảy, nguyên, trạng, còn, lại, phường, xã, thị, trấn, quận, huyện, đặc, khu, đơn, vị, hành,
    chính, cấp, cơ, sở, lập, tên, gọi"""
)

SURNAMES = _phrases(
    """nguyễn, trần, lê, phạm, hoàng, huỳnh, phan, vũ, võ, đặng, bùi, đỗ, hồ, ngô, dương, lý, đào,
    đinh, lâm, mai, trịnh, trương, tô, tạ, hà, cao, lưu, lương, thái, châu, chu, quách, đoàn,
    phùng, kiều, vương, tăng, từ, thân, tống, khương, nghiêm, la, lại, lã, mạc, ma, nông, triệu,
    văn, y, a, h"""
)
# other names of provinces
PROVINCE_ALIASES = {
    "thủ đô": "Hà Nội", "hn": "Hà Nội", "tphcm": "Hồ Chí Minh", "hcm": "Hồ Chí Minh",
    "tp hcm": "Hồ Chí Minh", "tp.hcm": "Hồ Chí Minh", "tp. hcm": "Hồ Chí Minh",
    "sài gòn": "Hồ Chí Minh", "đắc lắc": "Đắk Lắk", "daklak": "Đắk Lắk",
    "bà rịa vũng tàu": "Bà Rịa - Vũng Tàu", "br-vt": "Bà Rịa - Vũng Tàu",
    "thừa thiên - huế": "Thừa Thiên Huế", "bắc cạn": "Bắc Kạn", "đắc nông": "Đắk Nông",
}  # fmt: skip
# spellings that the lists do not have
OTHER_SPELLINGS = {
    "buôn ma thuột": ("buôn mê thuột", "ban mê thuột"),
    "pleiku": ("plei ku", "plâycu"),
    "phan rang-tháp chàm": ("phan rang", "phan rang tháp chàm"),
}
