"""What happens beside the training loop: metrics, progress, checkpoints, alarms and stop requests, all in files."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from reports.progress import ProgressLog
from reports.records.plan import StagePlan
from reports.records.run import Look, MetricPoint
from reports.rundir import RunDir
from trainers.checkpoints import mark_complete
from trainers.launching.ranks import from_first, is_first, meet
from trainers.monitors import Alarm, Monitors

if TYPE_CHECKING:
    from transformers import TrainerCallback

Point = TypeVar("Point", MetricPoint, Look)

UNLOGGED: Final = frozenset({"epoch", "step", "num_tokens", "eval_num_tokens", "total_flos", "step_time"})
RENAMED: Final = {"num_input_tokens_seen": "tokens"}


def stage_label(name: str) -> str:
    """Return how run.json and the events name a training stage: `train/1-sft`, `judge`."""
    return name if name == "judge" else f"train/{name}"


class StageWatch:
    """Writes down what a trainer does, and knows when it has to stop; plain Python, so that it is tested without one."""

    def __init__(self, run: RunDir, stage: StagePlan, title: str, progress: ProgressLog) -> None:
        self.interrupted_at: int | None = None
        """Step of the checkpoint after which a stop request ended the training."""
        self.diverged = ""
        """What made further training senseless; empty while all is well."""
        self.ended_by: Alarm | None = None
        """The monitor that ended the training."""
        self.tokens_before = 0
        """Tokens that attempts before this one had trained on."""
        self.seconds = math.nan
        """Wall time of the training loop in this attempt, evaluations included."""
        self.step_seconds = 0.0
        """Wall time of the optimizer steps alone, in this attempt."""
        self.steps = 0
        """Optimizer steps of this attempt."""
        self._run = run
        self._label = stage_label(stage.name)
        self._title = title
        self._metrics = run.stage_metrics(stage.name)
        self._progress = progress
        self._began = self._step_began = time.monotonic()
        self._point: MetricPoint | None = None
        self._alarmed: set[str] = set()
        self._monitors = Monitors(stage.monitors)

    @property
    def is_over(self) -> bool:
        """Whether something made further training senseless."""
        return bool(self.diverged or self.ended_by)

    def begun(self, step: int, max_steps: int, tokens: int) -> None:
        """Start bar and clock; after a resume they start where the checkpoint was."""
        self._began = time.monotonic()
        self.tokens_before = tokens
        self._progress.begin(self._label, f"Training {self._title}", max_steps, "steps")
        self._progress.advance(step)
        for point in last_of_each_step(self._metrics.read()) if step else ():
            if point.step <= step:
                self._see_again(point)

    def ended(self) -> None:
        """Stop the clock, and let every process of the run end for the reason of the first."""
        self.interrupted_at, self.diverged, self.ended_by = from_first((self.interrupted_at, self.diverged, self.ended_by))
        self.seconds = time.monotonic() - self._began

    def stepping(self) -> None:
        """Start the clock of a step."""
        self._step_began = time.monotonic()

    def stepped(self, step: int, max_steps: int, can_save: bool = True) -> bool:
        """Move the bar and say whether to stop here as requested: not without a checkpoint, nor after the last step."""
        self.step_seconds += time.monotonic() - self._step_began
        self.steps += 1
        self._progress.advance(step)
        if not from_first(step < max_steps and can_save and self._run.stop_file.exists()):
            return False
        self.interrupted_at = step
        return True

    def logged(self, step: int, epoch: float | None, values: Mapping[str, float]) -> bool:
        """Write a metric point and say whether training may go on, which the first process of a run decides.

        Two logs of one step, training and evaluation, end in one point that holds both.
        """
        kept = {RENAMED.get(name, name): float(value) for name, value in values.items() if is_kept(name)}
        for name, value in kept.items():
            if not math.isfinite(value):
                self._alarm(name, value, step)
        for alarm in self._monitors.see(step, kept):
            self.tell(alarm)
        point = {name: value if math.isfinite(value) else None for name, value in kept.items()}
        if self._point is not None and self._point.step == step:
            point = {**self._point.values, **point}
        seconds = round(time.monotonic() - self._began, 3)
        self._point = MetricPoint(step=step, epoch=epoch, seconds=seconds, values=point)
        self._metrics.append(self._point)
        self.diverged, self.ended_by = from_first((self.diverged, self.ended_by))
        return not self.is_over

    def saved(self, step: int, checkpoint: Path) -> None:
        """Complete a checkpoint, which every process of the run has written its part of, and tell it."""
        meet()
        if not is_first():
            return
        mark_complete(checkpoint)
        self._run.log_event("checkpoint_saved", f"Checkpoint at step {step}.", stage=self._label, step=step)

    def _see_again(self, point: MetricPoint) -> None:
        """Show a point of an attempt before to the monitors, as they saw it: training first, then evaluation."""
        values = {name: value for name, value in point.values.items() if value is not None}
        for held_out in (False, True):
            self._monitors.see(point.step, {name: values[name] for name in values if name.startswith("eval_") == held_out})

    def tell(self, alarm: Alarm) -> None:
        """Write an alarm down; the first one at the limit to stop ends the training."""
        if alarm.level == "stop" and self.ended_by is None:
            self.ended_by = alarm
        self._run.log_event(
            "alarm",
            f"{alarm.text} {alarm.monitor.because}",
            stage=self._label,
            metric=alarm.monitor.metric,
            monitor=alarm.monitor.name,
            level=alarm.level,
            step=alarm.step,
        )

    def _alarm(self, name: str, value: float, step: int) -> None:
        if name in {"loss", "eval_loss"}:
            self.diverged = f"{name} became {value} at step {step}"
        if name not in self._alarmed:
            self._alarmed.add(name)
            self._run.log_event("alarm", f"{name} became {value} at step {step}.", stage=self._label, metric=name, step=step)


def trainer_callback(watch: StageWatch, can_save: Callable[[], bool]) -> "TrainerCallback":
    """Return the callback that connects a watch with a trainer.

    Args:
        can_save: says whether a checkpoint of this moment would hold all that a resumed run needs. One that falls due
            at another moment is saved at the next that does.
    """
    from transformers import TrainerCallback

    class StageCallback(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Passes events on, and turns the watch's answers into the trainer's control flags."""

        owes_checkpoint = False

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            watch.begun(state.global_step, state.max_steps, state.num_input_tokens_seen)

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            watch.ended()

        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            watch.stepping()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            is_whole = can_save()
            if watch.stepped(state.global_step, state.max_steps, is_whole):
                control.should_training_stop = control.should_save = True
            is_last = state.global_step >= state.max_steps
            is_due = control.should_save or self.owes_checkpoint
            self.owes_checkpoint = is_due and not is_whole
            # Nothing is left to resume after the last step, and a trainer resumed there might take one more.
            control.should_save = is_due and is_whole and not is_last
            # A window of averaged losses must not span a checkpoint, or a resumed run would log other means.
            control.should_log = control.should_log or control.should_save or is_last

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
            if "train_loss" in logs:
                return
            if not watch.logged(state.global_step, state.epoch, logs):
                control.should_training_stop = True
                control.should_save = control.should_evaluate = False

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            watch.saved(state.global_step, Path(args.output_dir) / f"checkpoint-{state.global_step}")

    return StageCallback()


def last_of_each_step(points: Sequence[Point]) -> list[Point]:
    """Return the points that count, in order: after a resume a step may stand there twice."""
    return sorted({point.step: point for point in points}.values(), key=lambda point: point.step)


def is_kept(name: str) -> bool:
    """Say whether a logged value tells about the training; clocks and counters of the trainer do not."""
    return name not in UNLOGGED and not name.endswith(("_runtime", "_per_second"))
