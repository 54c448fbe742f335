"""What becomes of a stage that a monitor ended: it keeps its weights, or returns to those from before the trouble."""

from pathlib import Path
from typing import Any

from reports.errors import StageError
from reports.records.plan import StagePlan
from reports.rundir import RunDir
from trainers.callbacks import stage_label
from trainers.checkpoints import newest_checkpoint, oldest_checkpoint, step_of
from trainers.monitors import Alarm


def settle_alarm(run: RunDir, stage: StagePlan, trainer: Any, alarm: Alarm | None) -> str:
    """Return why and with which weights the stage ended early; empty where no monitor ended it.

    Raises:
        StageError: there is no checkpoint from before the trouble to return to.
    """
    if alarm is None:
        return ""
    checkpoint = _healthy_checkpoint(run, stage, alarm)
    if alarm.monitor.action == "stop":
        result = f"{alarm.text} The stage ends with the weights of this step."
    elif checkpoint is None:
        raise StageError(_nowhere_to_return(stage, trainer, alarm))
    else:
        trainer._load_from_checkpoint(str(checkpoint))
        result = f"{alarm.text} The stage ends with the weights of step {step_of(checkpoint)}, from before that."
    run.log_event("early_stopped", result, stage=stage_label(stage.name), step=alarm.step)
    return result


def _healthy_checkpoint(run: RunDir, stage: StagePlan, alarm: Alarm) -> Path | None:
    """Return the checkpoint of the best value where it is kept, else the nearest one from before the trouble."""
    folder = run.checkpoints(stage.name)
    if alarm.best_at is None:
        return newest_checkpoint(folder, until=alarm.healthy_until)
    return newest_checkpoint(folder, until=alarm.best_at) or oldest_checkpoint(folder, until=alarm.healthy_until)


def step_kept(alarm: Alarm | None, last: int) -> int:
    """Return the latest step that the weights of the stage may be from."""
    if alarm is None or alarm.monitor.action != "rollback":
        return last
    return alarm.healthy_until if alarm.best_at is None else alarm.best_at


def _nowhere_to_return(stage: StagePlan, trainer: Any, alarm: Alarm) -> str:
    return (
        f"{stage_label(stage.name)}: {alarm.text} {alarm.monitor.because} No checkpoint is from before that. Start a run with a "
        f"lower learning rate (it was {trainer.args.learning_rate:g}) or more checkpoints (save_steps), or take the limit away "
        f"with --set {stage.name}.monitor.{alarm.monitor.name}.stop=none."
    )
