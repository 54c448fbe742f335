"""`tunegate gate`: gates of a run decided again, and gates of completions made anywhere."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.errors import VERDICT_EXITS
from reports.html import write_report
from reports.records.evaluation import Metrics
from reports.records.gates import Gates
from reports.records.plan import Plan
from reports.records.run import RunRecord
from reports.rundir import RunDir
from selector.cli import main
from tests.evals.outside_files import answers, judged, write
from tests.reports.sample_run import build_sample_run

POLICY = """
name = "ours"
because = "test"
signoffs = ["safety", "product"]

[[gates]]
name = "win_rate"
metric = "win_rate"
title = "Win rate"
kind = "superiority"
margin = 0.0
minimum_n = 30

[[gates]]
name = "toxicity"
metric = "toxicity"
title = "Toxic answers"
kind = "non-inferiority"
margin = 0.1
minimum_n = 30
"""
WEIGHTS = '\n[[gates]]\nname = "loss"\nmetric = "perplexity_general"\ntitle = "Loss"\nkind = "non-inferiority"\nmargin = 0.1\n'
Gate = Callable[..., int]


@pytest.fixture
def gate(capsys: pytest.CaptureFixture[str]) -> Gate:
    """Run the command and return its exit code."""

    def run(*words: object) -> int:
        with pytest.raises(SystemExit) as stop:
            main(["gate", *map(str, words)])
        return int(stop.value.code or 0)

    return run


@pytest.fixture
def files(tmp_path: Path) -> list[object]:
    """Return options of two files with 60 prompts, and a policy that text alone can meet."""
    before = write(tmp_path / "a.jsonl", answers(60))
    after = write(tmp_path / "b.jsonl", answers(60, text="A better slogan, number {}"))
    policy = tmp_path / "ours.toml"
    policy.write_text(POLICY)
    return ["--baseline", before, "--candidate", after, "--policy", policy]


def wins(folder: Path, won: int) -> Path:
    """Write judgements that the candidate wins so often."""
    return write(folder / "j.jsonl", judged({f"t{i}": float(i < won) for i in range(60)}))


@pytest.mark.parametrize(("won", "code"), [(50, 0), (30, 5), (10, 1)])
def test_the_exit_code_is_the_verdict(
    gate: Gate, files: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str], won: int, code: int
) -> None:
    assert gate(*files, "--judgements", wins(tmp_path, won), "--json") == code
    told = json.loads(capsys.readouterr().out)
    assert VERDICT_EXITS[told["verdict"]] == code
    assert told["policy"].startswith("ours (")


def test_the_table_names_states_in_words_what_decided_and_who_signs(
    gate: Gate, files: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(*files, "--judgements", wins(tmp_path, 50)) == 0
    out = capsys.readouterr().out
    assert "✓ pass" in out
    assert "judge prefers baseline" in out
    assert "sign (safety and product)" in out
    assert "relabelled would undo the pass" in out


def test_without_judgements_a_required_win_rate_is_open_and_says_what_to_add(
    gate: Gate, files: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(*files) == 5
    assert "Add --judgements FILE" in capsys.readouterr().out


def test_a_policy_file_that_requires_weights_never_ends_in_go_on_answers_alone(
    gate: Gate, files: list[object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(str(files[-1])).write_text(POLICY + WEIGHTS)
    assert gate(*files, "--judgements", wins(tmp_path, 50)) == 5
    assert "needs the models' weights" in capsys.readouterr().out


@pytest.mark.parametrize(("policy", "asked"), [("moderate", False), ("high", True)])
def test_a_lenient_class_leaves_gates_on_weights_out_and_says_so(
    gate: Gate, files: list[object], capsys: pytest.CaptureFixture[str], policy: str, asked: bool
) -> None:
    assert gate(*files[:-1], policy, "--json") == 5
    told = json.loads(capsys.readouterr().out)
    names = {result["name"] for result in told["results"]}
    assert ("drift_general" in names) is asked
    assert ("Not asked of answers alone" in told["because"]) is not asked
    assert "drift_target" not in names
    assert "Loss outside the target domain" in told["not_tested"]


def test_a_folder_gets_gates_and_report_and_may_be_written_again(gate: Gate, files: list[object], tmp_path: Path) -> None:
    out = tmp_path / "out"
    for won in (50, 10):
        gate(*files, "--judgements", wins(tmp_path, won), "--out", out)
    run = RunDir.open(out)
    assert run.read(Gates).verdict == run.read(RunRecord).verdict == "no-go"
    assert len(run.completions.read()) == 120
    assert "No-go" in run.report.read_text(encoding="utf-8")


def test_a_folder_of_a_trained_run_is_left_alone(gate: Gate, files: list[object], tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    before = (run.path / "gates.json").read_bytes()
    assert gate(*files, "--out", run.path) == 2
    assert (run.path / "gates.json").read_bytes() == before


def test_a_run_is_decided_again_by_its_own_plan_to_the_same_end(gate: Gate, tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    gate(run.path)
    first = run.read(Gates)
    assert gate(run.path) == {"go": 0, "no-go": 1, "inconclusive": 5}[first.verdict]
    assert run.read(Gates) == first
    assert first.policy_changed == ()
    assert run.read(RunRecord).verdict == first.verdict


def test_another_policy_is_told_in_gates_verdict_events_and_report(gate: Gate, tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    policy = tmp_path / "ours.toml"
    policy.write_text(POLICY)
    gate(run.path, "--policy", policy)
    gates = run.read(Gates)
    assert any(change.startswith("toxicity: margin") for change in gates.policy_changed)
    assert "refusal: left out" in gates.policy_changed
    assert "safety: asked to sign" in gates.policy_changed
    assert "The gates were changed after the measurement" in gates.because
    assert any("changed after the measurement" in event.message for event in run.events.read())
    assert "Changed after the measurement" in run.report.read_text(encoding="utf-8")


def test_the_plans_own_gates_again_are_no_change(gate: Gate, tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    gate(run.path)
    assert run.read(Gates).policy_changed == ()
    assert "Changed after" not in write_report(run).read_text(encoding="utf-8")


def test_gates_edited_in_the_plan_after_it_was_made_are_told(gate: Gate, tmp_path: Path) -> None:
    from evals.gates.policy import default_policy

    run = build_sample_run(tmp_path)
    policy = default_policy("moderate", has_pairs=True)
    run.write(replace(run.read(Plan), gates=policy.gates, policy=policy.ref))
    gate(run.path)
    assert run.read(Gates).policy_changed == ()
    wider = tuple(replace(one, margin=0.5) if one.name == "refusal" else one for one in policy.gates)
    run.write(replace(run.read(Plan), gates=wider))
    gate(run.path)
    assert "not those that were fixed" in run.read(Gates).because


def test_a_run_that_failed_before_it_was_measured_exits_as_failed(gate: Gate, tmp_path: Path) -> None:
    assert gate(build_sample_run(tmp_path, upto="train", status="failed").path) == 4


def test_a_run_that_is_not_measured_yet_is_missing_something(gate: Gate, tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="plan", status="stopped")
    assert not run.has(Metrics)
    assert gate(run.path) == 3


@pytest.mark.parametrize("words", [[], ["--baseline", "a.jsonl"], ["latest", "--baseline", "a.jsonl"], ["latest", "--out", "x"]])
def test_half_a_question_is_a_usage_error(gate: Gate, words: list[str]) -> None:
    assert gate(*words) == 2


def test_a_policy_that_is_neither_class_nor_file_is_named(
    gate: Gate, files: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(*files[:-1], "lax") == 2
    assert "Classes: low, moderate, high" in capsys.readouterr().err
