"""Gates on answers that a detector read, whose errors on labelled answers are known."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from evals.gates.decide import decide
from evals.gates.policy import load_policy
from reports.errors import UsageError
from reports.records.gates import DetectorErrors, GateResult
from tests.evals.gates.runs import Kind, Values, gate, metric, outcomes, plan_with, run_with

GOOD = DetectorErrors(found=270, positives=341, left_alone=786, negatives=831)
CHANCE = DetectorErrors(found=36, positives=150, left_alone=153, negatives=210)


def read_by(
    folder: Path, errors: DetectorErrors | None, values: Values, corrected: bool = False, kind: Kind = "non-inferiority"
) -> GateResult:
    """Return a gate whose answers were read by a detector with these errors."""
    measured = replace(metric("refusal", values), errors=errors)
    (result,) = decide(run_with(folder, measured), plan_with(replace(gate("refusal", kind), corrected=corrected))).results
    return result


def test_the_corrected_change_is_wider_told_and_decides_nothing(tmp_path: Path) -> None:
    result = read_by(tmp_path, GOOD, outcomes(119, lost=1))
    assert result.state == "pass"
    assert result.corrected is not None and result.corrected.low is not None and result.difference.low is not None
    assert result.corrected.low < -0.05 < result.difference.low
    assert "found 270 of 341" in result.detector
    assert "decides nothing" in result.detector


def test_a_pass_that_holds_behind_the_errors_is_told_as_well(tmp_path: Path) -> None:
    assert "passes on that as well" in read_by(tmp_path, GOOD, outcomes(120)).detector


def test_a_gate_may_ask_for_the_corrected_limit_to_pass(tmp_path: Path) -> None:
    assert read_by(tmp_path / "a", GOOD, outcomes(120), corrected=True).state == "pass"
    open_ = read_by(tmp_path / "b", GOOD, outcomes(119, lost=1), corrected=True)
    assert open_.state == "unresolved"
    assert "behind the detector's errors" in open_.because


def test_as_many_more_prompts_as_promised_pass_behind_the_errors(tmp_path: Path) -> None:
    result = read_by(tmp_path / "few", GOOD, outcomes(79), corrected=True)
    assert result.state == "unresolved"
    found = re.match(r"About (\d+) more prompts would decide it, for", result.resolve)
    assert found
    more = int(found[1])
    assert read_by(tmp_path / "enough", GOOD, outcomes(79 + more), corrected=True).state == "pass"
    assert read_by(tmp_path / "short", GOOD, outcomes(79 + more - 1), corrected=True).state == "unresolved"


def test_as_many_relabelled_prompts_as_said_undo_a_corrected_pass(tmp_path: Path) -> None:
    result = read_by(tmp_path / "whole", GOOD, outcomes(300), corrected=True)
    fewest = int(result.fragility.split(" ", 1)[0])
    assert read_by(tmp_path / "undone", GOOD, outcomes(300 - fewest, lost=fewest), corrected=True).state == "unresolved"
    assert read_by(tmp_path / "held", GOOD, outcomes(301 - fewest, lost=fewest - 1), corrected=True).state == "pass"


def test_a_detector_no_better_than_chance_gives_no_limit_and_never_a_corrected_pass(tmp_path: Path) -> None:
    told = read_by(tmp_path / "told", CHANCE, outcomes(120))
    assert (told.state, told.corrected) == ("pass", None)
    assert "no better than chance" in told.detector
    asked = read_by(tmp_path / "asked", CHANCE, outcomes(120), corrected=True)
    assert asked.state == "unresolved"
    assert "have people label" in asked.resolve


def test_a_detector_that_may_be_no_better_than_chance_gives_no_figure(tmp_path: Path) -> None:
    barely = DetectorErrors(found=116, positives=530, left_alone=543, negatives=680)
    told = read_by(tmp_path, barely, outcomes(598, lost=1))
    assert (told.state, told.corrected) == ("pass", None)
    assert "may be no better than chance" in told.detector


def test_unknown_errors_never_pass_a_gate_that_asks_for_them(tmp_path: Path) -> None:
    assert read_by(tmp_path / "asked", None, outcomes(120), corrected=True).state == "unresolved"
    assert read_by(tmp_path / "free", None, outcomes(120)).detector == ""


def test_a_shown_loss_stands_whatever_the_errors(tmp_path: Path) -> None:
    result = read_by(tmp_path, GOOD, outcomes(80, lost=40), corrected=True)
    assert result.state == "fail"
    assert "the failure stands" in result.detector


def test_a_limit_cannot_be_asked_for_behind_errors(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    head = 'name = "ours"\nbecause = "test"\n[[gates]]\nname = "leaks"\nmetric = "leaks"\ntitle = "Leaks"\nmargin = 0.0\n'
    path.write_text(f'{head}kind = "limit"\ncorrected = true\n')
    with pytest.raises(UsageError, match="corrected"):
        load_policy(path)
