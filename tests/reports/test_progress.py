"""The progress bar that any watcher can read."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from reports.processes import STATM
from reports.progress import ProgressLog
from reports.records.run import Progress
from reports.rundir import RunDir

ROOT = Path(__file__).parents[2]


def test_a_new_bar_stands_at_zero(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    ProgressLog(run).begin("train/1-sft", "Training SFT", 40, "steps")
    found = run.read(Progress)

    assert (found.stage, found.title, found.done, found.total, found.unit) == ("train/1-sft", "Training SFT", 0, 40, "steps")
    assert found.started_at == found.updated_at


def test_the_last_unit_is_always_written(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    log = ProgressLog(run)
    log.begin("measure", "Generating", 1000, "prompts")
    for done in range(1, 1001):
        log.advance(done)

    assert run.read(Progress).done == 1000


def test_progress_is_written_at_most_four_times_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(start=1_000_000, step=1)
    monkeypatch.setattr("reports.progress.time.time", lambda: next(clock) / 200)
    run = CountingRun(tmp_path)
    log = ProgressLog(run)
    log.begin("measure", "Generating", None, "prompts")
    for done in range(500):
        log.advance(done)

    assert 2 <= run.writes <= 4 * next(clock) / 200 - 4 * 1_000_000 / 200 + 1


def test_advancing_before_a_bar_begins_writes_nothing(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    ProgressLog(run).advance(3)

    assert not run.has(Progress)


class CountingRun(RunDir):
    """A run directory that counts its writes."""

    writes = 0

    def write(self, document: object) -> None:
        """Count instead of writing."""
        self.writes += 1


def test_memory_in_use_stands_beside_the_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.progress.memory_in_use", lambda: 1.5)
    run = RunDir(tmp_path)
    ProgressLog(run).begin("measure", "Generating", 2, "prompts")

    assert run.read(Progress).memory_gib == 1.5


@pytest.mark.skipif(not STATM.exists(), reason="the system does not tell")
def test_memory_in_use_is_what_the_process_holds() -> None:
    program = "from reports.processes import memory_in_use as m; a = m(); held = bytearray(b'x') * 2**28; print(m() - a)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd=ROOT).stdout

    assert float(said) == pytest.approx(0.25, abs=0.02)
