"""What is attached to every trainer: the controller of its penalty, the look at its win rate, the tracker and the watch."""

from collections.abc import Callable
from typing import Any

from reports.records.plan import Plan, StagePlan
from reports.rundir import RunDir
from trainers.best_kept import best_kept_callback
from trainers.callbacks import StageWatch, trainer_callback
from trainers.kl_control import kl_callback, kl_target
from trainers.methods import METHODS
from trainers.tracking import tracking_callback
from trainers.win_rate_stop import WinRateWatch, win_rate_callback, win_rate_watch


def attach(
    run: RunDir, plan: Plan, stage: StagePlan, trainer: Any, watch: StageWatch, can_save: Callable[[], bool]
) -> WinRateWatch | None:
    """Attach what the plan asks for, the watch last, for it decides about checkpoints; return what looks at the win rate.

    Raises:
        UsageError: the target of the divergence cannot be used.
        MissingError: the tracker's package is not installed.
    """
    import transformers

    trainer.remove_callback(transformers.PrinterCallback)
    target = kl_target(stage)
    if target is not None:
        trainer.add_callback(kl_callback(trainer, target, run.stage_metrics(stage.name)))
    win_rate = win_rate_watch(run, plan, stage, trainer)
    if win_rate is not None:
        trainer.add_callback(win_rate_callback(win_rate, watch, trainer))
    elif not METHODS[stage.method].samples:
        trainer.add_callback(best_kept_callback())
    tracker = tracking_callback(run, plan, stage)
    if tracker is not None:
        trainer.add_callback(tracker)
    trainer.add_callback(trainer_callback(watch, can_save))
    return win_rate
