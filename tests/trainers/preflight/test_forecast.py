"""What a stage will take is told before its first step, and what it took is written beside it."""

import mmap
from pathlib import Path

import pytest

from reports.progress import ProgressLog
from reports.records.preflight import Preflight
from tests.trainers.tiny_run import make_tiny_run
from trainers import sft
from trainers.preflight import forecast as forecasting
from trainers.process_memory import forget_peak, peak_bytes, resident_bytes

MIB = 2**20


@pytest.mark.training
def test_a_stage_ends_with_the_steps_and_the_memory_that_were_told_before(tmp_path: Path) -> None:
    tiny = make_tiny_run(tmp_path, "sft")
    result = sft.train(tiny.run, tiny.plan, tiny.stage("sft"), ProgressLog(tiny.run))
    seen = tiny.run.read(Preflight).of("1-sft")
    assert seen is not None
    told = seen.forecast
    assert told is not None

    assert told.steps == result.steps
    assert told.memory.low is not None
    assert told.memory.high is not None
    assert told.memory.low <= (result.values["peak_memory_gib"] or 0) <= told.memory.high
    assert told.step.value is not None
    assert "rows timed forward and backward" in told.step.because
    assert (result.values["seconds_per_step"] or 0) * result.steps < result.seconds


@pytest.mark.training
def test_a_look_ahead_that_breaks_says_so_and_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> float:
        raise ValueError("no such kernel")

    monkeypatch.setattr(forecasting, "_pass", broken)
    tiny = make_tiny_run(tmp_path, "sft", overrides={"max_steps": "2"})
    sft.train(tiny.run, tiny.plan, tiny.stage("sft"), ProgressLog(tiny.run))
    seen = tiny.run.read(Preflight).of("1-sft")
    assert seen is not None
    assert seen.forecast is not None

    assert seen.forecast.step.value is None
    assert seen.forecast.step.because == "the look ahead broke (ValueError: no such kernel)"
    assert seen.forecast.steps == 2
    assert seen.forecast.memory.value is not None


def test_a_new_peak_forgets_what_was_held_before() -> None:
    # Asked of the system itself: an allocator may serve it from memory that the process holds anyway, and keep it afterwards.
    with mmap.mmap(-1, 200 * MIB) as held:
        for place in range(0, len(held), mmap.PAGESIZE):
            held[place] = 1
        high = peak_bytes()
    forget_peak()

    assert peak_bytes() < high - 100 * MIB
    assert (resident_bytes() or 0) <= peak_bytes() + 16 * MIB
