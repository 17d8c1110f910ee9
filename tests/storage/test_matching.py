"""Copies apart from issues of a series: the same words, and other figures."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from storage.dedup.similarity import Reason, compare, read, shared_lines
from storage.model.articles import Article
from tests.support.stories import story, told

WEATHER = (
    "Dự báo ngày {0}/{1}, khu vực phường {2} có mưa rào, nhiệt độ thấp nhất {3} độ.",
    "Gió nhẹ, độ ẩm trung bình {4} phần trăm, trong cơn dông có khả năng xảy ra lốc và sét.",
    "Người dân {2} cần chủ động che chắn nhà cửa, hạn chế ra đường từ {5} giờ đến {6} giờ.",
    "Trung tâm khí tượng tiếp tục theo dõi và thông tin kịp thời đến bà con trong khu vực.",
    "Khi có dông, không trú dưới gốc cây, cột điện; tắt các thiết bị không cần dùng trong nhà.",
)
REPORT = (
    "Sáng 14/3, cầu Sông Trăng ở phường Tân Lập thông xe sau 18 tháng thi công liên tục.",
    "Ông Nguyễn Văn Hùng, chủ đầu tư, cho biết cầu dài 240 mét, rộng 12 mét, có 4 làn xe.",
    "Tổng vốn của dự án là 350 tỷ đồng, trong đó Hà Nội góp 120 tỷ đồng từ ngân sách.",
    "Trước đó, người dân hai bên bờ phải đi phà, mỗi chuyến mất chừng nửa giờ chờ đợi.",
    "Dịp này, quận cũng đặt tên cho 3 tuyến đường mới nối từ chân cầu đến chợ Trường Thi.",
)


def weather(*values: object) -> Article:
    return told(1, tuple(line.format(*values) for line in WEATHER), title="Tin thời tiết")


def reason(one: Article, other: Article, *, in_series: bool = False) -> Reason:
    found = compare(read(one), read(other), in_series=in_series)
    assert found == compare(read(other), read(one), in_series=in_series)
    return found.reason


def report(*lines: str, title: str = "Cầu mới") -> Article:
    return told(1, lines or REPORT, title=title)


def test_copies_with_the_usual_changes() -> None:
    rewritten = "Trước kia bà con đôi bờ qua sông bằng phà và thường đợi rất lâu."
    for lines in (
        REPORT[:3],
        REPORT[1:],
        (*REPORT[:3], rewritten, REPORT[4]),
        (*REPORT, "Theo dõi chúng tôi để đọc thêm tin mới mỗi ngày, hoàn toàn miễn phí."),
        (REPORT[0].replace("14/3", "14/3/2026"), *REPORT[1:]),
    ):
        assert reason(report(), report(*lines, title="Thông xe cầu")) is Reason.COPY


def test_unrelated_texts_have_little_in_common() -> None:
    found = compare(read(told(1, story(1))), read(told(2, story(2))))
    assert (found.reason, found.shared) == (Reason.LITTLE, 0)
    assert not found.looks_alike


def test_another_day_of_a_bulletin_is_no_copy() -> None:
    first = weather(4, 3, "Tân Lập", 21, 78, 16, 19)
    second = weather(5, 3, "Hòa Thuận", 23, 81, 15, 20)
    found = compare(read(first), read(second))
    assert (found.reason, found.looks_alike) == (Reason.FIGURES, True)
    assert reason(first, first) is Reason.COPY


def test_the_same_title_with_other_figures_is_another_issue() -> None:
    one, other = report(title="Bản tin số 12"), report(title="Bản tin số 13")
    assert reason(one, other) is Reason.ISSUE
    assert reason(one, report(title="Bản tin số mười hai")) is Reason.COPY


MORE = "Chiều cùng ngày, đoàn xe đầu tiên qua cầu trong tiếng trống hội của người dân hai bờ."


def updated(*changes: tuple[str, str], more: tuple[str, ...] = (MORE,)) -> Article:
    """Return the report told later, with other figures."""
    lines = "\n".join(REPORT)
    for old, new in changes:
        assert old in lines
        lines = lines.replace(old, new)
    return report(*lines.split("\n"), *more, title="Thông xe cầu Sông Trăng")


def test_the_same_event_with_some_other_figures_is_an_update() -> None:
    later = updated(("350 tỷ", "365 tỷ"), ("18 tháng", "19 tháng"))
    found = compare(read(report()), read(later))
    assert (found.reason, found.is_tie, found.looks_alike) == (Reason.UPDATE, True, False)
    assert reason(report(), later, in_series=True) is Reason.SERIES
    assert reason(report(), updated(("350 tỷ", "365 tỷ"))) is Reason.UPDATE
    assert reason(report(), updated()) is Reason.COPY


def test_a_figure_in_the_title_that_the_text_has_too_was_updated() -> None:
    one, other = ("Cầu 350 tỷ đồng thông xe", "Cầu 365 tỷ đồng thông xe")
    later = replace(updated(("350 tỷ", "365 tỷ"), ("18 tháng", "19 tháng")), title=other)
    assert reason(report(title=one), later) is Reason.UPDATE
    assert reason(report(title=one), report(title=other)) is Reason.ISSUE


def test_other_names_days_or_many_figures_are_no_update() -> None:
    two = (("350 tỷ", "365 tỷ"), ("18 tháng", "19 tháng"))
    names = (("Hùng", "Dũng"), ("Tân Lập", "Phú Mỹ"))
    assert reason(report(), updated(*two, *names)) is Reason.FIGURES
    assert reason(report(), updated(*two, ("14/3", "15/3"))) is Reason.FIGURES
    many = ((f" {old} ", f" {old + 7} ") for old in (240, 12, 350, 120, 18))
    assert reason(report(), updated(*many)) is Reason.FIGURES


def test_without_dates_an_update_must_say_more() -> None:
    undated = ("Sáng 14/3", "Sáng nay")
    first = updated(undated, more=())
    two = (undated, ("350 tỷ", "365 tỷ"), ("18 tháng", "19 tháng"))
    assert reason(first, updated(*two)) is Reason.UPDATE
    assert reason(first, updated(*two, more=())) is Reason.FIGURES


def test_a_law_that_every_bulletin_names_is_no_day_in_common() -> None:
    law = "Mức phạt theo quy định có hiệu lực từ 1/1, sửa đổi từ 2/2 và 3/3 được giữ nguyên."
    issues = [
        updated(("14/3", day), ("350 tỷ", f"{number} tỷ"), ("18 tháng", "19 tháng"), more=(law,))
        for day, number in (("14/3", 351), ("15/3", 365))
    ]
    issues[0] = replace(issues[0], blocks=report(*REPORT, law).blocks)
    assert reason(*issues) is Reason.FIGURES


def test_one_is_no_part_of_eleven() -> None:
    lines = tuple(line.replace("14/3", "1/1") for line in REPORT)
    assert reason(report(*lines), report(*(line.replace("1/1", "11/1") for line in lines))) is (
        Reason.DAY
    )


def test_dates_that_do_not_meet_are_another_day() -> None:
    lines = tuple(line.replace("14/3", "15/3") for line in REPORT)
    assert reason(report(), report(*lines)) is Reason.DAY


def test_one_of_a_series_is_a_copy_only_where_next_to_all_is_alike() -> None:
    lines = (*REPORT[:4], "Hôm qua trời nắng đẹp nên rất đông người ra bờ sông xem thông cầu.")
    assert reason(report(), report(*lines)) is Reason.COPY
    assert reason(report(), report(*lines), in_series=True) is Reason.SERIES
    assert reason(report(), report(*REPORT, "Ảnh: Minh Anh"), in_series=True) is Reason.COPY


def test_common_lines_do_not_count() -> None:
    tail = story(9, 3)
    one, other = told(1, (*story(1, 2), *tail)), told(2, (*story(2, 2), *tail))
    left, right = read(one), read(other)
    assert compare(left, right).reason is Reason.COPY
    common = shared_lines(left, right)
    assert len(common) == 3
    assert compare(left, right, common).reason is Reason.LITTLE
    assert compare(left, read(told(3, story(1, 2))), common).reason is Reason.COPY


def test_a_text_of_common_lines_only_is_compared_whole() -> None:
    tail = read(told(1, story(9, 3), title=""))
    assert compare(tail, tail, tail.lines).similarity == 1.0


@given(st.lists(st.integers(1, 28), min_size=7, max_size=7, unique=True))
def test_the_order_of_the_two_makes_no_difference(values: list[int]) -> None:
    first = weather(values[0], 3, "Tân Lập", *values[1:5])
    second = weather(values[5], 3, "Tân Lập", *values[2:6])
    assert reason(first, second) is not Reason.COPY
    assert reason(first, replace(first, title="Khác")) is Reason.COPY
