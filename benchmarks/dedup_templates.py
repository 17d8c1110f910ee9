"""Issues of series that fill in one form: weather, lottery, prices, … None is a copy of another.

A form's words are the same from issue to issue; its fields are drawn anew. `a|b|c` is a choice.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random

from benchmarks.dedup_variants import Doc

PLACES = (
    "Thái Nguyên|Nam Định|Quảng Trị|Bình Thuận|Kon Tum|Sóc Trăng|Hà Tĩnh|Phú Thọ|Cao Bằng|Gia Lai|"
    "Đồng Tháp|Vĩnh Long|Tây Ninh|Lào Cai|Hòa Bình|Ninh Bình|Thanh Hóa|Nghệ An|Khánh Hòa|Cà Mau"
).split("|")
WARDS = (
    "Tân Lập|Hòa Thuận|Phú Mỹ|An Bình|Long Biên|Yên Sở|Cẩm Thượng|Đông Vĩnh|Trần Phú|Lê Lợi|"
    "Quang Trung|Bắc Sơn|Mỹ Xuân|Thạch Linh|Vạn Thắng|Kim Dinh|Xuân Hòa|Trường Thi|Đại Phúc|Suối Hoa"
).split("|")
NAMES = (
    "Nguyễn Văn Hùng|Trần Thị Mai|Lê Quang Vinh|Phạm Đức Long|Hoàng Thị Lan|Vũ Minh Tuấn|"
    "Đặng Hữu Phước|Bùi Thanh Sơn|Đỗ Thị Hạnh|Ngô Xuân Trường|Dương Công Bằng|Lý Thị Thu"
).split("|")
TEAMS = (
    "Sông Lam|Hải Đăng|Thành Nam|Cao Nguyên|Bình Minh|Sao Vàng|Trường Sơn|Biển Đông|Đất Cảng|Phù Đổng"
).split("|")
CAUSES = "chập điện|bất cẩn khi hàn xì|rò rỉ khí gas|thắp hương|chưa xác định|đốt rác".split("|")
SKIES = (
    "nhiều mây, có mưa rào và dông vài nơi|ít mây, ngày nắng nóng|có mưa vừa, có nơi mưa to|"
    "nhiều mây, không mưa, đêm trời rét|mây thay đổi, ngày nắng"
).split("|")

Form = tuple[str, str, tuple[str, ...]]


class Fields(Mapping[str, str]):
    """Fields of one issue: the same name gives the same value, by its first letters.

    day, day_1: dates; n2: a number of 2 digits; place, ward, name, team, cause, sky; dec: 1,23.
    """

    def __init__(self, random: Random, day: date) -> None:
        self._random = random
        self._day = day
        self._values: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        if key not in self._values:
            self._values[key] = self._draw(key)
        return self._values[key]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def _draw(self, key: str) -> str:
        random, kind = self._random, key.split("_")[0].rstrip("0123456789")
        lists = {"place": PLACES, "ward": WARDS, "name": NAMES, "team": TEAMS}
        lists |= {"cause": CAUSES, "sky": SKIES}
        if kind in lists:
            return random.choice(lists[kind])
        if kind == "day":
            shift = int(key.removeprefix("day").lstrip("_") or 0)
            then = self._day + timedelta(days=shift)
            return f"{then.day}/{then.month}"
        if kind == "year":
            return str(self._day.year)
        if kind == "dec":
            return f"{random.randrange(1, 99)},{random.randrange(10, 99)}"
        if kind == "letters":
            return " ".join(f"{n}.{random.choice('ABCD')}" for n in range(1, 41))
        digits = int(key[1])
        return str(random.randrange(10 ** (digits - 1), 10**digits))


FORMS: dict[str, Form] = {
    "weather": (
        "Dự báo thời tiết ngày {day}: Bắc Bộ {sky}|Thời tiết {day}: {place} {sky}",
        "Theo Trung tâm Dự báo khí tượng thủy văn quốc gia, ngày {day}, khu vực Bắc Bộ {sky}.",
        (
            "Phía Tây Bắc Bộ: {sky_1}. Gió nhẹ. Nhiệt độ thấp nhất từ {n2_a} đến {n2_b} độ C, cao nhất từ {n2_c} đến {n2_d} độ C.",
            "Phía Đông Bắc Bộ: {sky_2}. Gió đông đến đông nam cấp 2 đến cấp 3. Nhiệt độ thấp nhất từ {n2_e} đến {n2_f} độ C, cao nhất từ {n2_g} đến {n2_h} độ C.",
            "Các tỉnh từ Thanh Hóa đến Thừa Thiên Huế: {sky_3}. Nhiệt độ thấp nhất từ {n2_i} đến {n2_j} độ C, cao nhất từ {n2_k} đến {n2_l} độ C.",
            "Khu vực Tây Nguyên: {sky_4}. Trong mưa dông có khả năng xảy ra lốc, sét và gió giật mạnh.",
            "Thủ đô Hà Nội: {sky_5}. Gió nhẹ. Nhiệt độ thấp nhất từ {n2_m} đến {n2_n} độ C, cao nhất từ {n2_o} đến {n2_p} độ C.",
        ),
    ),
    "lottery": (
        "Kết quả xổ số miền Bắc ngày {day}/{year}|XSMB {day}: kết quả xổ số hôm nay",
        "Kết quả xổ số kiến thiết miền Bắc mở thưởng ngày {day}/{year} tại {place} được cập nhật nhanh nhất.",
        (
            "Giải đặc biệt: {n5_a}. Giải nhất: {n5_b}. Giải nhì: {n5_c} - {n5_d}.",
            "Giải ba: {n5_e} - {n5_f} - {n5_g} - {n5_h} - {n5_i} - {n5_j}. Giải tư: {n4_a} - {n4_b} - {n4_c} - {n4_d}.",
            "Giải năm: {n4_e} - {n4_f} - {n4_g} - {n4_h} - {n4_i} - {n4_j}. Giải sáu: {n3_a} - {n3_b} - {n3_c}. Giải bảy: {n2_a} - {n2_b} - {n2_c} - {n2_d}.",
            "Người trúng thưởng cần mang vé còn nguyên vẹn, không rách rời đến công ty xổ số để lĩnh thưởng trong vòng 30 ngày kể từ ngày mở thưởng.",
            "Mỗi vé trúng giải đặc biệt được lĩnh thưởng theo cơ cấu giải thưởng của công ty xổ số kiến thiết và phải nộp thuế thu nhập cá nhân theo quy định.",
        ),
    ),
    "gold": (
        "Giá vàng hôm nay {day}: tăng nhẹ|Giá vàng hôm nay {day}: quay đầu giảm|Giá vàng ngày {day}",
        "Giá vàng trong nước sáng nay {day} niêm yết quanh mức {dec_a} triệu đồng mỗi lượng.",
        (
            "Mở cửa phiên giao dịch sáng nay, công ty vàng bạc niêm yết giá vàng miếng ở mức {dec_a} triệu đồng/lượng mua vào và {dec_b} triệu đồng/lượng bán ra.",
            "So với chốt phiên hôm qua, giá vàng tăng {n3_a} nghìn đồng ở chiều mua và {n3_b} nghìn đồng ở chiều bán.|So với chốt phiên hôm qua, giá vàng giảm {n3_a} nghìn đồng ở cả hai chiều mua bán.",
            "Trên thị trường thế giới, giá vàng giao ngay ở mức {n4_a} USD/ounce, tương đương {dec_c} triệu đồng/lượng khi quy đổi theo tỷ giá ngân hàng, chưa gồm thuế và phí.",
            "Các chuyên gia cho rằng nhà đầu tư nên thận trọng vì chênh lệch giữa giá mua và giá bán còn cao, rủi ro khi lướt sóng ngắn hạn là rất lớn.",
        ),
    ),
    "petrol": (
        "Giá xăng dầu điều chỉnh từ 15h ngày {day}|Xăng dầu đồng loạt đổi giá từ chiều {day}",
        "Liên Bộ Công Thương - Tài chính công bố giá xăng dầu mới áp dụng từ 15h ngày {day}.",
        (
            "Cụ thể, xăng E5 RON 92 không cao hơn {n2_a}.{n3_a} đồng/lít, xăng RON 95 không cao hơn {n2_b}.{n3_b} đồng/lít.",
            "Dầu diesel không cao hơn {n2_c}.{n3_c} đồng/lít, dầu hỏa không cao hơn {n2_d}.{n3_d} đồng/lít, dầu mazut không cao hơn {n2_e}.{n3_e} đồng/kg.",
            "Tại kỳ điều hành này, liên Bộ quyết định không trích lập và không chi Quỹ Bình ổn giá đối với các mặt hàng xăng dầu.",
            "Phương án điều hành nhằm bảo đảm giá xăng dầu trong nước phản ánh diễn biến giá thế giới, duy trì chênh lệch giữa xăng sinh học và xăng khoáng ở mức hợp lý.",
        ),
    ),
    "exam key": (
        "Đáp án đề thi môn Toán mã đề {n3_a} kỳ thi tốt nghiệp THPT|Gợi ý đáp án môn Lý mã đề {n3_a}",
        "Mời thí sinh và phụ huynh tham khảo gợi ý đáp án mã đề {n3_a} do các thầy cô có kinh nghiệm thực hiện.",
        (
            "Đáp án mã đề {n3_a}: {letters}.",
            "Đáp án chỉ mang tính chất tham khảo, thí sinh chờ đáp án chính thức từ Bộ Giáo dục và Đào tạo.",
            "Thí sinh có thể nộp đơn phúc khảo bài thi trong thời hạn mười ngày kể từ khi công bố kết quả tại nơi đăng ký dự thi.",
        ),
    ),
    "cases": (
        "Ngày {day}: thêm {n4_a} ca mắc Covid-19|Sáng {day}, ghi nhận {n4_a} ca mắc mới",
        "Bản tin ngày {day} của Bộ Y tế cho biết có {n4_a} ca mắc mới, trong đó {n2_a} ca nhập cảnh.",
        (
            "Tính từ 16h ngày {day_-1} đến 16h ngày {day}, hệ thống quốc gia quản lý ca bệnh ghi nhận {n4_a} ca nhiễm mới tại {n2_b} tỉnh, thành phố.",
            "Các địa phương ghi nhận số ca cao nhất gồm {place_a} ({n3_a}), {place_b} ({n3_b}), {place_c} ({n3_c}), {place_d} ({n2_c}).",
            "Số bệnh nhân được công bố khỏi bệnh trong ngày là {n3_d} ca. Số bệnh nhân nặng đang điều trị là {n3_e} ca.",
            "Bộ Y tế đề nghị người dân tiêm đủ liều vắc xin, đeo khẩu trang nơi công cộng và khai báo y tế khi có triệu chứng.",
        ),
    ),
    "fire": (
        "Cháy lớn tại {ward}, {place}|Cháy nhà trong đêm ở {place}, {n1_a} người được cứu",
        "Vụ cháy xảy ra khoảng {n2_a} phút ngày {day} tại phường {ward}, {place} thiêu rụi nhiều tài sản.",
        (
            "Thông tin ban đầu, vào khoảng {n1_b} giờ {n2_a} phút ngày {day}, người dân phát hiện khói lửa bốc lên từ một ngôi nhà tại phường {ward} nên hô hoán dập lửa.",
            "Nhận được tin báo, Phòng Cảnh sát phòng cháy chữa cháy và cứu nạn cứu hộ Công an {place} đã điều {n1_c} xe chữa cháy cùng {n2_b} cán bộ chiến sĩ đến hiện trường.",
            "Ông {name}, Chủ tịch UBND phường {ward}, cho biết ngọn lửa được khống chế sau {n2_c} phút, không có thiệt hại về người.",
            "Nguyên nhân ban đầu được xác định là do {cause}. Cơ quan chức năng đang tiếp tục làm rõ vụ việc.",
        ),
    ),
    "press release": (
        "Trao {n2_a} suất học bổng cho học sinh {place}|Chương trình tiếp bước đến trường tới {place}",
        "Ngày {day}, chương trình tiếp bước đến trường trao {n2_a} suất học bổng cho học sinh nghèo vượt khó tại {place}.",
        (
            "Chương trình do quỹ khuyến học phối hợp cùng các nhà tài trợ tổ chức hằng năm nhằm tiếp sức cho học sinh có hoàn cảnh khó khăn trên cả nước.",
            "Tại {place}, {n2_a} học sinh của Trường THCS {ward} được nhận học bổng trị giá {n1_a} triệu đồng mỗi suất cùng nhiều phần quà ý nghĩa.",
            "Phát biểu tại buổi lễ, đại diện ban tổ chức bày tỏ mong muốn các em tiếp tục nỗ lực trong học tập, trở thành người có ích cho gia đình và xã hội.",
            "Em {name} xúc động chia sẻ: học bổng này giúp em có thêm động lực để theo đuổi ước mơ trở thành bác sĩ.",
            "Sau gần mười năm triển khai, chương trình đã đi qua hàng chục tỉnh thành, trao hàng nghìn suất học bổng và xây dựng nhiều tủ sách cho các trường vùng sâu vùng xa.",
            "Trong thời gian tới, chương trình sẽ tiếp tục mở rộng để nhiều học sinh hơn nữa có cơ hội được đến trường, không em nào bị bỏ lại phía sau.",
        ),
    ),
    "football": (
        "Kết quả {team_a} - {team_b}: tỷ số {n1_a}-{n1_b}|{team_a} hạ {team_b} ở vòng {n2_a}",
        "{team_a} gặp {team_b} ở vòng {n2_a} giải vô địch quốc gia vào lúc 18h ngày {day}.",
        (
            "Bước vào trận đấu, {team_a} chủ động đẩy cao đội hình và kiểm soát bóng ngay trên phần sân của đối thủ.",
            "Phút {n2_b}, {name_a} mở tỷ số sau đường chuyền của đồng đội. Phút {n2_c}, {name_b} gỡ hòa bằng cú sút từ ngoài vòng cấm.",
            "Sang hiệp hai, thế trận trở nên giằng co hơn khi cả hai đội đều muốn giành trọn ba điểm để cải thiện vị trí trên bảng xếp hạng.",
            "Chung cuộc, {team_a} và {team_b} kết thúc trận đấu với tỷ số {n1_a}-{n1_b}. Ở vòng tới, {team_a} làm khách trên sân của {team_c}.",
        ),
    ),
    "exchange rate": (
        "Tỷ giá USD hôm nay {day}|Tỷ giá ngoại tệ ngày {day}: đồng USD biến động trái chiều",
        "Ngân hàng Nhà nước công bố tỷ giá trung tâm ngày {day} ở mức {n2_a}.{n3_a} đồng.",
        (
            "Với biên độ 5%, tỷ giá trần các ngân hàng thương mại được áp dụng là {n2_b}.{n3_b} đồng, tỷ giá sàn là {n2_c}.{n3_c} đồng.",
            "Tại Vietcombank, giá mua vào là {n2_d}.{n3_d} đồng, bán ra là {n2_e}.{n3_e} đồng. Tại BIDV, giá mua vào là {n2_f}.{n3_f} đồng, bán ra {n2_g}.{n3_g} đồng.",
            "Chỉ số đo lường biến động đồng USD với sáu đồng tiền chủ chốt đứng ở mức {dec_a} điểm, thay đổi {dec_b}% so với phiên trước.",
            "Trên thị trường tự do, các điểm thu đổi ngoại tệ niêm yết giá mua bán quanh mức {n2_h}.{n3_h} đồng mỗi USD.",
        ),
    ),
    "water level": (
        "Tin lũ trên sông {ward} ngày {day}|Mực nước sông {ward} lên nhanh",
        "Lúc 7 giờ ngày {day}, mực nước sông {ward} tại trạm {place} đạt {dec_a} m.",
        (
            "Hiện nay, mực nước trên sông {ward} đang biến đổi chậm. Mực nước lúc 7 giờ ngày {day} tại trạm {place} là {dec_a} m, dưới báo động 2 là {dec_b} m.",
            "Dự báo trong 12 giờ tới, mực nước tại {place} tiếp tục lên và có khả năng đạt {dec_c} m, sau đó xuống dần.",
            "Cảnh báo nguy cơ cao xảy ra ngập úng tại các vùng trũng thấp ven sông, sạt lở đất tại các huyện miền núi. Cấp độ rủi ro thiên tai do lũ: cấp {n1_a}.",
            "Đề nghị chính quyền các cấp và nhân dân theo dõi chặt chẽ diễn biến mưa lũ để chủ động phòng tránh.",
        ),
    ),
    "power cut": (
        "Lịch cúp điện {place} ngày {day}|Lịch cắt điện hôm nay {day} tại {place}",
        "Công ty Điện lực {place} thông báo lịch tạm ngừng cung cấp điện ngày {day}.",
        (
            "Từ {n1_a}h đến {n2_a}h: khu vực phường {ward_a}, một phần phường {ward_b}. Lý do: bảo trì lưới điện.",
            "Từ {n1_b}h đến {n2_b}h: khu vực xã {ward_c}, xã {ward_d}. Lý do: thí nghiệm định kỳ thiết bị.",
            "Từ {n1_c}h đến {n2_c}h: khu vực phường {ward_e}, trạm {ward_f}. Lý do: phát quang hành lang tuyến.",
            "Trong thời gian ngừng cấp điện, khách hàng cần hỗ trợ vui lòng liên hệ tổng đài chăm sóc khách hàng của điện lực hoạt động 24 giờ mỗi ngày để được giải đáp.",
            "Công ty Điện lực mong nhận được sự thông cảm của khách hàng và khuyến cáo người dân không tiếp cận lưới điện vì lưới điện có thể được đóng lại trước thời hạn.",
        ),
    ),
    "obituary and court": (
        "Phạt tù {name_a} về tội lừa đảo|Bị cáo {name_a} lĩnh {n2_a} năm tù",
        "Ngày {day}, TAND {place} tuyên phạt {name_a} {n2_a} năm tù về tội lừa đảo chiếm đoạt tài sản.",
        (
            "Theo cáo trạng, từ tháng {n1_a} đến tháng {n1_b} năm {year}, {name_a} đưa ra thông tin gian dối về khả năng xin việc để chiếm đoạt tài sản của nhiều người.",
            "Với thủ đoạn trên, {name_a} đã chiếm đoạt của {n1_c} bị hại tổng số tiền {n3_a} triệu đồng. Số tiền này bị cáo sử dụng vào việc tiêu xài cá nhân và trả nợ.",
            "Tại tòa, bị cáo thừa nhận toàn bộ hành vi như cáo trạng truy tố, xin hội đồng xét xử xem xét giảm nhẹ hình phạt để sớm có cơ hội làm lại cuộc đời.",
            "Hội đồng xét xử nhận định hành vi của bị cáo là nguy hiểm cho xã hội, xâm phạm quyền sở hữu tài sản được pháp luật bảo vệ, cần xử phạt nghiêm để răn đe và phòng ngừa chung.",
        ),
    ),
    "stocks": (
        "Chứng khoán phiên {day}: VN-Index mất {dec_a} điểm|VN-Index đóng cửa phiên {day} ở {n4_a} điểm",
        "Kết thúc phiên giao dịch ngày {day}, VN-Index dừng ở mức {n4_a} điểm, thay đổi {dec_a} điểm.",
        (
            "Thanh khoản trên sàn HOSE đạt {n3_a} triệu cổ phiếu, tương ứng giá trị {n2_a}.{n3_b} tỷ đồng. Toàn sàn có {n3_c} mã tăng và {n3_d} mã giảm.",
            "HNX-Index thay đổi {dec_b} điểm xuống còn {n3_e} điểm. UPCoM-Index thay đổi {dec_c} điểm.",
            "Khối ngoại mua ròng {n3_f} tỷ đồng trên toàn thị trường, tập trung ở nhóm cổ phiếu ngân hàng và bất động sản.|Khối ngoại bán ròng {n3_f} tỷ đồng, tập trung ở nhóm cổ phiếu thép và chứng khoán.",
            "Giới phân tích cho rằng thị trường cần thêm thời gian tích lũy trước khi bước vào nhịp tăng mới, nhà đầu tư nên duy trì tỷ trọng cổ phiếu ở mức vừa phải.",
        ),
    ),
}


def issues(forms: Mapping[str, Form], number: int, random: Random) -> list[Doc]:
    """Return `number` issues of each series, each a story of its own."""
    return [_issue(series, form, at, random) for series, form in forms.items() for at in range(number)]


def _issue(series: str, form: Form, at: int, random: Random) -> Doc:
    fields = Fields(random, date(2024, 1, 1) + timedelta(days=at * 2))
    fill: Callable[[str], str] = lambda text: random.choice(text.split("|")).format_map(fields)  # noqa: E731
    title, sapo, lines = form
    return Doc(f"{series} {at}", series, fill(title), fill(sapo), tuple(map(fill, lines)))
