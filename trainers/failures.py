"""Turning what libraries raise into errors that teach; what is recognised keeps its cause, the rest names the log."""

import errno
import os
from pathlib import Path

from reports.errors import StageError, StorageError, TunegateError
from reports.records.plan import Plan

NO_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")
NO_SPACE = (
    "no space left",
    "disk full",
    "failed writing file",
    "file too large",
    "fail at inline_container",  # torch.save, when a write falls short
    os.strerror(errno.EDQUOT).lower(),
)


def explain(error: BaseException, step: str, plan: Plan | None, log: Path) -> TunegateError:
    """Return the error as one that a person can act on.

    Args:
        error: what was raised.
        step: the step of the run that raised it, as run.json names it.
        plan: the plan, for the settings that would help; None where it could not be read.
        log: where the traceback stands.
    """
    if isinstance(error, TunegateError):
        return error
    text = f"{type(error).__name__}: {error}".lower()
    if isinstance(error, MemoryError) or any(sign in text for sign in NO_MEMORY):
        return StageError(f"{step}: memory ran out. {_smaller(step, plan)} A run keeps its plan, so start a new one.")
    if (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}) or any(sign in text for sign in NO_SPACE):
        return StorageError(
            f"{step}: the disk refused a write ({error}). Free space, then continue with `tunegate run RUN`; "
            "what was written before is intact."
        )
    first = str(error).strip().splitlines()
    reason = f"{type(error).__name__}: {first[0][:300]}" if first else type(error).__name__
    return StageError(
        f"{step}: an unexpected error ended this stage ({reason}). Everything finished is kept. The whole story is in {log}; "
        "mend the cause, then continue with `tunegate run RUN`."
    )


def _smaller(step: str, plan: Plan | None) -> str:
    """Name the settings that need less memory: first those that change nothing else."""
    stages = () if plan is None else (*plan.stages, *((plan.judge,) if plan.judge else ()))
    stage = next((stage for stage in stages if step.endswith(stage.name)), None)
    if stage is None:
        return "Close other programs, or give `--set evaluation.batch_tokens` a smaller number."
    values = stage.values()
    batch, accumulated = values.get("per_device_train_batch_size"), values.get("gradient_accumulation_steps")
    if isinstance(batch, int) and isinstance(accumulated, int) and batch > 1:
        return (
            "Half the rows at once, twice as often, learns the same: "
            f"--set {stage.name}.per_device_train_batch_size={batch // 2} "
            f"--set {stage.name}.gradient_accumulation_steps={accumulated * 2}."
        )
    return (
        f"Only one row is held at once already: --set {stage.name}.gradient_checkpointing=true, a smaller max_length "
        f"(it is {values.get('max_length')}), LoRA instead of full weights, or a smaller model."
    )
