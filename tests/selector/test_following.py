"""Following a run on a plain terminal: the table, the narration, the exit codes."""

from pathlib import Path

import pytest

from reports.errors import StageError, StorageError
from reports.records.gates import Gates
from reports.records.run import Event, Progress, RunRecord
from reports.rundir import now
from selector.commands.following import Narrator, eta_s, gate_table, print_outcome
from selector.pipeline import Update, follow, settle
from tests.reports.sample_run import build_sample_run


def test_the_table_names_every_gate_with_state_and_interval(tmp_path: Path) -> None:
    gates = build_sample_run(tmp_path).read(Gates)
    table = gate_table(gates)
    for result in gates.results:
        line = next(line for line in table.splitlines() if line.startswith(result.title))
        assert result.state in line
        assert "[" in line


@pytest.mark.parametrize(("verdict", "code"), [("go", 0), ("no-go", 1), ("inconclusive", 5)])
def test_the_verdict_is_the_exit_code(tmp_path: Path, verdict: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    run = build_sample_run(tmp_path, verdict=verdict)  # type: ignore[arg-type]
    assert print_outcome(run, as_json=False) == code
    shown = capsys.readouterr().out
    assert f"Verdict: {verdict}" in shown
    assert "report.html" in shown


def test_a_failed_run_says_its_error_and_keeps_its_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = build_sample_run(tmp_path)
    run.update(status="failed", error="LEAK001 failed: 12 rows.", exit_code=1)
    assert print_outcome(run, as_json=False) == 1
    assert "LEAK001" in capsys.readouterr().err


def test_a_vanished_process_is_an_error_that_says_how_to_go_on(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path / "my runs")
    run.update(status="running", stage="train/2-dpo")
    with pytest.raises(StageError, match=r"vanished during stage 'train/2-dpo'.*`tunegate run '/.*my runs/[^']*'`"):
        settle(run)


def test_a_vanished_process_on_a_full_disk_says_that_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = build_sample_run(tmp_path)
    run.update(status="running", stage="train/2-dpo")
    monkeypatch.setattr("selector.pipeline.FULL_BYTES", 2**80)
    with pytest.raises(StorageError, match=r"disk is full.*tunegate run"):
        settle(run)


def test_following_ends_when_no_process_works_on_the_run(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path)
    waits: list[float] = []
    updates = list(follow(run, waits.append))
    assert len(updates) == 1
    assert waits == []
    assert updates[0].is_final
    assert updates[0].events


def test_the_time_left_goes_by_what_is_done() -> None:
    progress = Progress(stage="measure", title="", done=25, total=100, unit="prompts", started_at=100.0, updated_at=110.0)
    assert eta_s(progress) == pytest.approx(30.0)


def test_the_time_left_is_zero_while_nothing_is_done() -> None:
    progress = Progress(stage="measure", title="", done=0, total=100, unit="prompts", started_at=100.0, updated_at=110.0)
    assert eta_s(progress) == 0.0


def test_narration_off_a_terminal_has_no_control_characters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = build_sample_run(tmp_path).read(RunRecord)
    events = [Event(at=now(), kind="stage_started", stage="data"), Event(at=now(), kind="warning", message="12 rows dropped")]
    progress = Progress(stage="data", title="Reading", done=1, total=2, unit="rows", started_at=0.0, updated_at=1.0)
    narrator = Narrator(bar=False)
    narrator.show(Update(record, progress, events, alive=True))
    narrator.close()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "stage: data\nwarning: 12 rows dropped\n"
