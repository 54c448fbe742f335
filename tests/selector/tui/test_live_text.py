"""The live screen must say how far a run is, how it ended, and what can be done."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.records.run import RunStatus
from selector.tui.curves import charts_of
from selector.tui.following import Curves, RunFeed, View
from selector.tui.live_text import outcome, progress_line, stage_column, stage_strip, tone_of
from selector.tui.plots import caption, charts_with_points
from selector.tui.series import Points
from tests.reports.sample_run import build_sample_run


def view(root: Path, alive: bool = True, status: RunStatus | None = None) -> View:
    whole = status == "done"
    run = build_sample_run(root, upto="report" if whole else "train", status=status)
    return RunFeed(run, lambda _: alive).poll()


def test_the_bar_says_share_count_time_and_estimate(tmp_path: Path) -> None:
    line = progress_line(view(tmp_path), 90).plain
    assert line.startswith("Training DPO  ━")
    assert line.endswith("60 %  61/102 steps  2:45, 1:51 left")
    assert len(line) <= 90


def test_a_narrow_line_leaves_the_bar_out(tmp_path: Path) -> None:
    assert "━" not in progress_line(view(tmp_path), 50).plain


def test_work_of_unknown_length_has_a_count_and_no_share(tmp_path: Path) -> None:
    seen = view(tmp_path)
    assert seen.progress is not None
    line = progress_line(seen._replace(progress=replace(seen.progress, total=None)), 90).plain
    assert "%" not in line
    assert "61 steps" in line


def test_memory_stands_in_a_wide_line_only(tmp_path: Path) -> None:
    seen = view(tmp_path)
    assert seen.progress is not None
    seen = seen._replace(progress=replace(seen.progress, memory_gib=1.26))
    assert "1.3 GiB" in progress_line(seen, 110).plain
    assert "GiB" not in progress_line(seen, 76).plain


def test_a_running_run_has_no_outcome(tmp_path: Path) -> None:
    assert outcome(view(tmp_path), "runs/x") is None


@pytest.mark.parametrize(
    ("status", "alive", "words"),
    [
        ("done", False, "Verdict: ✓ go"),
        ("failed", False, "the loss became infinite"),
        ("stopped", False, "c continues from the last checkpoint"),
        ("running", False, "`tunegate run runs/x`"),
    ],
)
def test_an_ended_run_says_how_and_what_now(tmp_path: Path, status: RunStatus, alive: bool, words: str) -> None:
    found = outcome(view(tmp_path, alive, status), "runs/x")
    assert found is not None
    assert words in found.plain


def test_stages_read_without_colour(tmp_path: Path) -> None:
    seen = view(tmp_path)
    assert stage_strip(seen.stages).plain.startswith("✓ Data checks ─ ✓ Judge ─ ✓ SFT ─ ● DPO")
    assert "● DPO\n  running" in stage_column(seen.stages).plain
    assert len(stage_strip(seen.stages).plain) <= 76


@pytest.mark.parametrize(
    ("line", "tone"),
    [
        ("21:54:01 ! alarm", "text-warning"),
        ("21:54:01 ✗ run failed", "text-error"),
        ("21:54:01 · note", ""),
        ("ValueError: ! no time", ""),
        ("", ""),
    ],
)
def test_only_events_are_coloured(line: str, tone: str) -> None:
    assert tone_of(line) == tone


def test_dpo_shows_loss_and_reward_margin_first() -> None:
    assert [chart.title for chart in charts_of("dpo")[:2]] == ["Loss", "Reward margin"]


def test_charts_without_points_are_left_out() -> None:
    curves = Curves("1-sft", "sft", {"entropy": Points((1,), (0.5,))})
    assert [chart.title for chart in charts_with_points(curves, 3)] == ["Entropy"]


def test_a_caption_gives_the_last_values() -> None:
    points = {"loss": Points((1, 2), (0.9, 0.123456)), "eval_loss": Points((2,), (0.25,))}
    assert caption(charts_of("sft")[0], points) == "Loss  ⠒ 0.123  ● 0.250"
