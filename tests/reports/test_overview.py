"""One line about a run, whatever state it is in."""

import socket
from pathlib import Path

import pytest

from reports.html import write_report
from reports.overview import overview
from reports.records.run import ProcessRecord
from reports.rundir import RunDir, list_runs
from tests.reports.conftest import RunFor
from tests.reports.sample_run import build_sample_run


def test_a_finished_run_shows_its_verdict(go: RunDir) -> None:
    found = overview(go)

    assert (found.status, found.verdict, found.strategy, found.model) == ("done", "go", "sft+dpo", "tea-llama-1m")
    assert (found.run_id, found.title, found.created_at) == (go.path.name, "Brand voice for the tea shop", "2026-11-20T21:45:00Z")


def test_a_failed_run_shows_where_and_why(run_for: RunFor) -> None:
    found = overview(run_for("go", "train", "failed"))

    assert (found.status, found.stage, found.verdict) == ("failed", "train/2-dpo", None)
    assert found.error is not None and found.error.startswith("DPO broke off")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"schema_version": 99}', b"\xff", b'{"run_id":' * 50_000, b'{"schema_version": 1}']
)
def test_a_damaged_run_says_so_instead_of_failing(tmp_path: Path, content: bytes) -> None:
    run = RunDir(tmp_path / "run")
    run.path.mkdir()
    (run.path / "run.json").write_bytes(content)
    found = overview(run)

    assert (found.run_id, found.status, found.verdict) == ("run", "damaged", None)
    assert found.error


def test_a_folder_in_place_of_the_record_is_damage(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()

    assert overview(RunDir(tmp_path)).status == "damaged"


def test_a_renamed_run_goes_by_its_folder_because_that_opens_it(tmp_path: Path) -> None:
    build_sample_run(tmp_path, upto="plan", name="original").path.rename(tmp_path / "copy")
    (found,) = [overview(run) for run in list_runs(tmp_path)]

    assert found.run_id == "copy"


def test_a_run_whose_process_is_gone_is_listed_as_vanished_and_its_report_says_how_to_go_on(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train", status="running")
    run.write(ProcessRecord(pid=2**22 - 1, started=1.0, host=socket.gethostname(), attempt=1))
    assert overview(run).status == "vanished"
    assert "The process vanished" in write_report(run).read_text()
