"""A watcher must see what a run writes, once, in bounded memory, and survive what a kill leaves behind."""

from pathlib import Path

from reports.records.run import Event, MetricPoint, Progress, RunRecord
from reports.rundir import RunDir
from selector.tui.following import (
    FIRST_LOOK_BYTES,
    LogTail,
    RunFeed,
    eta_seconds,
    event_line,
    log_line,
    speed,
    stage_names,
    stage_rows,
)
from selector.tui.series import LIMIT
from tests.reports.sample_decision import sample_plan
from tests.reports.sample_run import build_sample_run


def feed(run: RunDir, alive: bool = True) -> RunFeed:
    return RunFeed(run, lambda _: alive)


def test_the_second_look_brings_only_what_is_new(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    watcher = feed(run)
    first = watcher.poll()
    run.log_event("note", "one more")
    second = watcher.poll()
    assert len(first.lines) == 6
    assert [line[9:] for line in second.lines] == ["· note: one more"]


def test_curves_grow_with_the_metrics(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    watcher = feed(run)
    before = watcher.poll().curves[-1].points["loss"]
    run.stage_metrics("2-dpo").append(MetricPoint(step=62, epoch=1.8, seconds=170.0, values={"loss": 0.01}))
    after = watcher.poll().curves[-1].points["loss"]
    assert before.xs[-1] == 60
    assert (after.xs[-1], after.ys[-1]) == (62, 0.01)


def test_the_judge_stands_before_the_stages_that_follow_it(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    run.stage_metrics("judge").append(MetricPoint(step=1, epoch=1.0, seconds=1.0, values={"loss": 0.5}))
    assert [curves.stage for curves in feed(run).poll().curves] == ["judge", "1-sft", "2-dpo"]


def test_the_pace_is_that_of_the_last_two_counts(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    counts = ((200.0, 1000.0), (210.0, 3000.0), (220.0, 3500.0))
    points = [MetricPoint(step=70 + i, epoch=1.0, seconds=at, values={"tokens": n}) for i, (at, n) in enumerate(counts)]
    run.stage_metrics("2-dpo").append(*points)
    assert feed(run).poll().curves[-1].tokens_per_second == 50.0
    assert speed([(5.0, 100.0), (5.0, 200.0)]) is None
    assert speed([(5.0, 900.0), (9.0, 100.0)]) is None


def test_a_torn_line_is_taken_when_it_is_whole(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    watcher = feed(run)
    watcher.poll()
    with run.events.path.open("ab") as file:
        file.write(b'{"at":"2026-11-20T21:58:00Z","kind":"no')
        file.flush()
        assert watcher.poll().lines == ()
        file.write(b'te","message":"whole"}\n')
    assert watcher.poll().lines == ("21:58:00 · note: whole",)


def test_a_value_that_could_not_be_computed_leaves_a_gap(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    run.stage_metrics("2-dpo").append(MetricPoint(step=62, epoch=1.8, seconds=170.0, values={"loss": None}))
    assert feed(run).poll().curves[-1].points["loss"].xs[-1] == 60


def test_memory_stays_bounded_on_a_long_run(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="train")
    points = (MetricPoint(step=step, epoch=None, seconds=1.0, values={"loss": 1.0}) for step in range(1000, 11_000))
    run.stage_metrics("2-dpo").append(*points)
    curve = feed(run).poll().curves[-1].points["loss"]
    assert len(curve.xs) <= LIMIT
    assert curve.xs[-1] == 10_999


def test_stages_have_states(tmp_path: Path) -> None:
    view = feed(build_sample_run(tmp_path, upto="train")).poll()
    assert [(stage.title, stage.state) for stage in view.stages] == [
        ("Data checks", "done"),
        ("Judge", "done"),
        ("SFT", "done"),
        ("DPO", "running"),
        ("Measure", "waiting"),
        ("Gates", "waiting"),
        ("Report", "waiting"),
    ]


def test_a_run_without_a_process_has_vanished(tmp_path: Path) -> None:
    view = feed(build_sample_run(tmp_path, upto="train"), alive=False).poll()
    assert view.state == "vanished"
    assert view.stages[3].state == "vanished"


def test_a_finished_run_has_not_vanished(tmp_path: Path) -> None:
    view = feed(build_sample_run(tmp_path), alive=False).poll()
    assert view.state == "done"
    assert {stage.state for stage in view.stages} == {"done"}


def test_a_failed_stage_says_so(tmp_path: Path) -> None:
    view = feed(build_sample_run(tmp_path, upto="train", status="failed"), alive=False).poll()
    assert [stage.title for stage in view.stages if stage.state == "failed"] == ["DPO"]


def test_without_a_plan_the_finished_stages_are_shown(tmp_path: Path) -> None:
    record = build_sample_run(tmp_path).read(RunRecord)
    assert [row.name for row in stage_rows(record, None, alive=False)] == list(record.seconds)


def test_the_stages_of_a_plan_are_named_as_in_run_json() -> None:
    assert stage_names(sample_plan()) == ("data", "judge", "train/1-sft", "train/2-dpo", "measure", "gates", "report")


def test_the_estimate_is_the_mean_pace() -> None:
    def progress(done: int, total: int | None, passed: float) -> Progress:
        return Progress(stage="data", title="", done=done, total=total, unit="rows", started_at=100.0, updated_at=100.0 + passed)

    assert eta_seconds(progress(25, 100, 10.0)) == 30.0
    assert eta_seconds(progress(0, 100, 10.0)) is None
    assert eta_seconds(progress(25, None, 10.0)) is None
    assert eta_seconds(progress(100, 100, 10.0)) == 0.0


def test_a_log_is_read_line_by_line_and_again_for_the_next_attempt(tmp_path: Path) -> None:
    tail, first, second = LogTail(), tmp_path / "attempt_1.log", tmp_path / "attempt_2.log"
    assert tail.read(first) == []
    first.write_text("one\ntwo\nthr")
    assert tail.read(first) == ["one", "two"]
    first.write_text("one\ntwo\nthree\n")
    assert tail.read(first) == ["three"]
    second.write_text("again\n")
    assert tail.read(second) == ["again"]


def test_attaching_to_a_huge_log_reads_its_end(tmp_path: Path) -> None:
    log = tmp_path / "attempt_1.log"
    log.write_text("x" * 99 + "\n" + ("y" * 99 + "\n") * 5000)
    lines = LogTail().read(log)
    assert len(lines) <= FIRST_LOOK_BYTES // 100 + 1
    assert lines[-1] == "y" * 99


def test_a_log_line_is_what_a_terminal_would_leave() -> None:
    assert log_line("10%|█\r50%|███\r100%|██████\r") == "100%|██████"
    assert log_line("\x1b[31mred\x1b[0m text") == "red text"


def test_hostile_log_text_cannot_steer_the_terminal() -> None:
    shown = log_line("a\x07b\u202ec\x1b]0;title\x07")
    assert not any(ord(character) < 32 or character == "\u202e" for character in shown)


def test_an_event_is_one_line() -> None:
    event = Event(at="2026-11-20T21:54:01Z", kind="alarm", stage="train/2-dpo", message="loss\nbecame nan")
    assert event_line(event) == "21:54:01 ! alarm DPO: loss became nan"
