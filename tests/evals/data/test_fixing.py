"""Cleaned files: what the checks would take out is gone and listed, everything else is as it was."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.data.check import CheckRequest, check_files, examine
from evals.data.fixing import DIFF, Fixed, write_fixed
from reports.errors import DataError, UsageError
from tests.benchmarks.near_duplicates import generate
from tests.evals.data.rows import demonstration, pair, write_lines
from tests.evals.data.test_no_row_is_lost import ROWS

LONG = [text for place, text in enumerate(generate(80, seed=5)[0]) if place not in generate(80, seed=5)[1]]
Row = dict[str, object]

KEY = "AKIA" + "Q3EGRIV7TPA2ZLMN"


def faulty_rows() -> list[Row]:
    """Return thirty clean pairs with tags, and one row of every fault behind them."""
    clean: list[Row] = [{**pair(number), "tag": number} for number in range(30)]
    turned: Row = {"prompt": pair(29)["prompt"], "chosen": pair(29)["rejected"], "rejected": pair(29)["chosen"]}
    near: list[Row] = [{"prompt": f"{LONG[0]}{end}", "chosen": " Yes.", "rejected": " No."} for end in ("", " indeed")]
    leaks: list[Row] = [{"prompt": prompt, "chosen": " Yes.", "rejected": " No."} for prompt in (LONG[1], f"{LONG[2]} now")]
    empty: Row = {**pair(31), "chosen": " "}
    same: Row = {**pair(32), "rejected": pair(32)["chosen"]}
    secret: Row = {**pair(33), "chosen": f" Use {KEY}."}
    return [*clean, turned, *near, *leaks, empty, same, {**pair(0)}, secret, {"prompt": f"Use {KEY}."}]


@pytest.fixture(name="request_")
def _request(tmp_path: Path) -> CheckRequest:
    train = write_lines(tmp_path / "pairs.jsonl", faulty_rows())
    test = write_lines(tmp_path / "test.jsonl", [{"prompt": LONG[1], "completion": "?"}, {"prompt": LONG[2], "completion": "?"}])
    return CheckRequest((str(train),), against=(str(test),))


def fixed(request: CheckRequest, folder: Path) -> Fixed:
    """Check and write the cleaned set."""
    return write_fixed(examine(request), folder)


def test_every_faulty_row_goes_and_is_listed_with_its_reason(request_: CheckRequest, tmp_path: Path) -> None:
    found = fixed(request_, tmp_path / "out")
    lines = (tmp_path / "out" / DIFF).read_text().splitlines()
    assert (found.kept, found.removed) == (30, 10)
    assert [line.split("  ")[0] for line in lines] == [f"- pairs.jsonl:{row}" for row in (30, 31, 33, 34, 35, 36, 37, 38, 39, 40)]
    codes = ["PAIR003", "PAIR003", "NEAR001", "LEAK001", "LEAK002", "the prompt", "chosen and", "repeats an", "SEC001", "READ001"]
    assert all(line.split("  ")[1].startswith(code) for line, code in zip(lines, codes, strict=True))
    assert KEY not in "".join(lines)


def test_rows_that_stay_keep_all_their_columns(request_: CheckRequest, tmp_path: Path) -> None:
    (path,) = fixed(request_, tmp_path / "out").files
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows[:29] == faulty_rows()[:29]
    assert rows[29] == faulty_rows()[31]


def test_the_cleaned_set_has_only_the_warnings_that_no_row_alone_causes(request_: CheckRequest, tmp_path: Path) -> None:
    fixed(request_, tmp_path / "out")
    before = check_files(request_)
    after = check_files(request_._replace(sources=(str(tmp_path / "out"),)))
    assert (before.passed, after.passed) == (False, True)
    assert {check.code for check in after.checks if check.state in ("warn", "fail")} == {"LEN001", "ROWS001"}


def test_clean_files_stay_as_they_are(tmp_path: Path) -> None:
    rows = [demonstration(number) for number in range(40)]
    found = fixed(CheckRequest((str(write_lines(tmp_path / "rows.jsonl", rows)),)), tmp_path / "out")
    assert [json.loads(line) for line in found.files[0].read_bytes().splitlines()] == rows
    assert (tmp_path / "out" / DIFF).read_text() == ""


def test_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_lines(tmp_path / name / "rows.jsonl", [demonstration(ord(name))])
    found = fixed(CheckRequest((str(tmp_path / "a"), str(tmp_path / "b"))), tmp_path / "out")
    assert [path.name for path in found.files] == ["rows.jsonl", "rows-2.jsonl"]
    assert [json.loads(path.read_text()) for path in found.files] == [demonstration(97), demonstration(98)]


@settings(max_examples=80, deadline=None)
@given(rows=ROWS, leaks=st.booleans())
def test_every_row_is_written_or_listed(rows: list[object], leaks: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        path, out = Path(name) / "rows.json", Path(name) / "out"
        path.write_text(json.dumps(rows))
        try:
            examined = examine(CheckRequest((str(path),), against=(str(path),) if leaks else ()))
        except DataError:
            return
        found = write_fixed(examined, out)
        assert found.kept + found.removed == len(rows)
        assert found.kept == len(found.files[0].read_bytes().splitlines())


def test_a_folder_with_files_is_not_written_into(request_: CheckRequest, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="something is there already"):
        fixed(request_, tmp_path)
