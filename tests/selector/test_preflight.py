"""`tunegate preflight`: exit codes, text and JSON, and a run that is only looked at."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.records.data import Lineage
from reports.records.preflight import CheckedPlan, StagePreflight
from selector.cli import main
from selector.preflight_text import as_text
from tests.reports.sample_preflight import sample_check as check
from tests.trainers.preflight.looking import changed
from tests.trainers.tiny_run import TinyRun, make_tiny_run


def tunegate(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(words)
    return int(left.value.code or 0)


def planned(folder: Path, **choices: float) -> TinyRun:
    """Return a tiny SFT run with prepared data."""
    tiny = make_tiny_run(folder, "sft", rows=8)
    plan = replace(tiny.plan, judge=None, stages=(changed(tiny.stage("sft"), dict(choices)),))
    tiny.run.write(plan)
    tiny.run.write(Lineage(inputs=(), filters=(), splits=(), seed=3))
    return TinyRun(tiny.run, plan)


@pytest.mark.training
def test_a_run_is_looked_at_and_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = planned(tmp_path)
    before = {path: path.read_bytes() for path in tiny.run.path.rglob("*") if path.is_file()}
    assert tunegate("preflight", str(tiny.run.path), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is True
    states = {one["code"]: one["state"] for one in found["stages"][0]["checks"]}
    assert {states[code] for code in ("PRE305", "PRE313", "PRE401", "PRE402", "PRE404")} == {"pass"}
    assert {path: path.read_bytes() for path in tiny.run.path.rglob("*") if path.is_file()} == before


@pytest.mark.training
def test_a_plan_that_cannot_work_exits_with_1_and_names_the_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = planned(tmp_path, learning_rate=-0.1)
    assert tunegate("preflight", str(tiny.run.path)) == 1
    text = capsys.readouterr().out
    assert text.startswith("fail: PRE102")
    assert "fix: Set a positive rate." in text


def test_a_run_takes_no_further_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert tunegate("preflight", "latest", "--model", "x") == 2
    assert "with its own plan" in capsys.readouterr().err


def test_a_plan_needs_data_and_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert tunegate("preflight", "--data", "x.jsonl") == 2
    assert "--model NAME" in capsys.readouterr().err


def test_the_text_counts_warnings_and_joins_what_was_skipped() -> None:
    checks = (
        check("PRE109", "Watched", state="warn", because="no monitor"),
        check("PRE104", "Groups", state="skipped", because="samples nothing"),
        check("PRE314", "Agree", state="skipped", because="samples nothing"),
    )
    stage = StagePreflight(stage="1-sft", method="sft", checks=checks, seconds=1.0)
    text = as_text(CheckedPlan(passed=True, stages=(stage,), notes=("a note",)))
    assert text.startswith("pass: nothing stops this training, 1 warning\n")
    assert "PRE104, PRE314" in text
    assert text.endswith("note: a note")
