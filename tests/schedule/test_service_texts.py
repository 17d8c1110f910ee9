"""What the schedule says of itself: at its begin, and at each crawl's end."""

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest

from crawler.schedule.service import end_text, plan_text, set_up_log
from storage.model.runs import Outcome, Run, RunCounts

NOW = datetime(2026, 9, 14, 3, tzinfo=UTC)  # ten o'clock in Hà Nội


def test_a_schedule_says_what_it_will_do_first() -> None:
    dues = {
        ("tienphong", "xa-hoi"): NOW + timedelta(minutes=20),
        ("tienphong", "thu-do"): NOW + timedelta(minutes=5),
        ("moi", "ha-noi"): None,
        ("spat", "ha-noi"): NOW - timedelta(hours=2),
        ("zau", "ha-noi"): NOW + timedelta(hours=3),
    }
    said = plan_text(dues, NOW)
    assert said == (
        "4 outlets with 5 sections; first moi at 10:00, spat at 10:00, tienphong at 10:05"
    )
    assert plan_text({}, NOW) == "0 outlets with 0 sections; first none"


def test_a_crawl_s_end_has_its_counts_or_its_reason() -> None:
    counts = RunCounts(fetched=30, new=5, revised=1, refused={"video": 2, "blocked": 1})
    run = Run("r", "tienphong", NOW, outcome=Outcome.DONE, counts=counts)
    assert end_text(run) == "done: 5 new, 1 revised, 3 refused, of 30 fetched"
    failed = Run("r", "tienphong", NOW, outcome=Outcome.FAILED, error="cannot be reached")
    assert end_text(failed) == "failed: cannot be reached"


def test_the_log_has_viet_nam_s_time_with_its_zone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("JOURNAL_STREAM", raising=False)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(root, "level", logging.WARNING)
    set_up_log()
    logging.getLogger("crawler.schedule.service").info("starts")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+07:00 starts\n", capsys.readouterr().err)
