"""PII001: a row with personal data warns, is counted by kind, and shows nothing of the data."""

import pytest

from evals.data.checks.personal import check_personal
from evals.data.examples import Fields
from tests.evals.data.rows import demonstration, example, examples, pair

CLEAN = examples([*(demonstration(number) for number in range(50)), *(pair(number) for number in range(49))])
MAIL, PHONE = "ann.lee@gmail.com", "212-736-5000"


@pytest.mark.parametrize("field", ["prompt", "completion"])
def test_one_row_warns_and_is_shown_masked(field: str) -> None:
    fields: Fields = {**demonstration(1), field: f"{'tea ' * 20}Write to {MAIL} or {PHONE}, not to {MAIL}."}
    check = check_personal([*CLEAN, example(fields, 7)])
    assert (check.code, check.state, check.blocking, check.value, check.limit) == ("PII001", "warn", False, 0.01, 0.0)
    assert "(rows by kind: e-mail address 1, phone number 1)" in check.because
    (shown,) = check.evidence
    assert (shown.row, f"in {field}: …" in shown.excerpt, "[e-mail address]" in shown.excerpt) == (7, True, True)
    assert MAIL not in shown.excerpt + check.because
    assert PHONE not in shown.excerpt + check.because


def test_messages_are_read() -> None:
    row = example(
        {"prompt": [{"role": "user", "content": f"I am {MAIL}"}], "completion": [{"role": "assistant", "content": "Hi"}]}
    )
    assert check_personal([row]).value == 1.0


def test_clean_rows_and_reserved_values_pass() -> None:
    check = check_personal([*CLEAN, example({"prompt": "Mail ann@example.com or (415) 555-0132", "completion": "192.168.0.1"})])
    assert (check.state, check.value, check.fix) == ("pass", 0.0, "")
