"""What every training stage shares: rows, configuration, the run of the trainer, and the figures it ends with."""

import difflib
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reports.errors import DataError, InterruptedRunError, StageError, UsageError
from reports.progress import ProgressLog
from reports.records.intake import Value
from reports.records.plan import Plan, StagePlan
from reports.records.run import StageResult
from reports.rundir import RunDir
from trainers.adapters import ADAPTER, LORA_OPTIONS
from trainers.attached import attach
from trainers.callbacks import StageWatch, stage_label
from trainers.checkpoints import KEPT, can_save, drop_all, drop_incomplete, newest_checkpoint
from trainers.effective import require_effect
from trainers.figures import final_figures
from trainers.launching.ranks import is_first, meet
from trainers.launching.weights import gathered_weights
from trainers.methods import METHODS, splits_of
from trainers.preflight.gate import check_plan, check_trainer
from trainers.rollback import settle_alarm, step_kept
from trainers.stage_options import AUTO, OWN_OPTIONS, RENAMED_OPTIONS

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

Config = TypeVar("Config")
Build = Callable[[RunDir, Plan, StagePlan], Any]
Figures = Callable[[Any], dict[str, float | None]]


def make_config(kind: type[Config], run: RunDir, plan: Plan, stage: StagePlan, **own: Value) -> Config:
    """Return TRL's configuration of a stage: what tunegate sets, then `own`, then the choices of the plan.

    Raises UsageError for an option that TRL does not have, naming the nearest, or a value that it or the model refuses.
    """
    chosen = {name: value for name, value in stage.values().items() if name not in {*LORA_OPTIONS, *OWN_OPTIONS}}
    chosen = {name: value for name, value in chosen.items() if not (value == AUTO and name in own)}
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # TRL's configurations are dataclasses
    for name in sorted(chosen.keys() - set(known)):
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f" The nearest is '{near[0]}'." if near else ""
        raise UsageError(f"{stage.name}: {kind.__name__} has no option '{name}'.{hint} Change the plan with --set.")
    longest, context = chosen.get("max_length"), plan.model.context_length
    if isinstance(longest, int) and context is not None and longest > context:
        raise UsageError(
            f"{stage.name}: max_length = {longest}, but {plan.model.label} reads {context} tokens at most. Lower it."
        )
    try:
        config = kind(**{**settings(run, plan, stage), **own, **_resolved(chosen)})
    except (ValueError, TypeError) as error:
        raise UsageError(f"{stage.name}: {kind.__name__} refuses the options of the plan ({error}).") from error
    for name in OWN_OPTIONS & stage.values().keys():
        setattr(config, name, stage.value(name))
    return config


def load_rows(run: RunDir, split: str) -> "Dataset | None":
    """Return a prepared split as a data set, None where it is absent or empty."""
    from datasets import Dataset

    from evals.data.splits import read_split

    path = run.split(split)
    rows = read_split(path) if path.is_file() else []
    return Dataset.from_list(rows) if rows else None


def load_splits(run: RunDir, stage: StagePlan) -> "tuple[Dataset, Dataset | None]":
    """Return the rows to train on and, where there are some, the held-out ones; DataError without the former."""
    splits, title = splits_of(stage), METHODS[stage.method].title
    rows = load_rows(run, splits.train)
    if rows is None:
        raise DataError(f"{stage.name}: the split {splits.train} is empty, so {title} has nothing to learn from.")
    return rows, load_rows(run, splits.held_out)


def load_tokenizer(plan: Plan, rows: "Dataset") -> "PreTrainedTokenizerBase":
    """Load the tokenizer by the rules that measuring uses too."""
    from evals.models import load_tokenizer as load

    return load(plan.model, messages=not isinstance(rows[0]["prompt"], str)).tokenizer


def run_stage(
    run: RunDir, plan: Plan, stage: StagePlan, progress: ProgressLog, build: Build, figures: Figures | None = None
) -> StageResult:
    """Train one stage from its newest complete checkpoint to its end, save what it learned, and write its result.

    Args:
        build: makes the trainer.
        figures: measures, with the trained trainer, what its log does not hold.

    Raises:
        InterruptedRunError: a stop was requested; a checkpoint is on disk.
        StageError: the loss stopped being a number.
    """
    import transformers

    began = time.monotonic()
    title = METHODS[stage.method].title
    progress.begin(stage_label(stage.name), f"Preparing {title}", None, "steps")
    folder = run.checkpoints(stage.name)
    if is_first():
        drop_incomplete(folder)
    meet()
    checkpoint = newest_checkpoint(folder)
    transformers.set_seed(plan.training_seed_of(stage))
    planned = check_plan(run, plan, stage)
    trainer = build(run, plan, stage)
    check_trainer(run, plan, stage, trainer, planned)
    watch = StageWatch(run, stage, title, progress)
    win_rate = attach(run, plan, stage, trainer, watch, lambda: can_save(trainer))
    require_effect(plan, stage, trainer)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    _raise_if_stopped(watch, stage, trainer.state.max_steps, trainer.args.learning_rate)
    stopped_early = settle_alarm(run, stage, trainer, watch.ended_by)
    save_trained(trainer, run.adapter(stage.name))
    result = StageResult(
        stage=stage.name,
        method=stage.method,
        steps=trainer.state.global_step,
        seconds=round(time.monotonic() - began, 3),
        values=final_figures(trainer, watch)
        | (win_rate.figures(step_kept(watch.ended_by, trainer.state.global_step)) if win_rate else {})
        | (figures(trainer) if figures else {}),
        stopped_early=stopped_early,
    )
    run.finish_stage(result)
    meet()
    if is_first():
        drop_all(folder)
    return result


def save_trained(trainer: Any, folder: Path) -> None:
    """Save the trained adapter (never TRL's frozen copy), or all weights, with the tokenizer; safetensors only."""
    weights = gathered_weights(trainer)
    if not is_first():
        return
    model = trainer.accelerator.unwrap_model(trainer.model)
    if hasattr(model, "peft_config"):
        model.save_pretrained(str(folder), selected_adapters=[ADAPTER], **weights)
    else:
        model.save_pretrained(str(folder), **weights)
    trainer.processing_class.save_pretrained(str(folder))
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty form of a model card, with the path of the base


def settings(run: RunDir, plan: Plan, stage: StagePlan) -> dict[str, Any]:
    """Return the options that tunegate sets in every stage, by TRL's names."""
    import torch

    gpu = torch.cuda.is_available()
    held_out = run.split(splits_of(stage).held_out)
    watched = held_out.is_file() and held_out.stat().st_size > 0
    folder = run.checkpoints(stage.name)
    return {
        "output_dir": str(folder),
        "seed": plan.training_seed_of(stage),
        "data_seed": plan.training_seed_of(stage),
        "report_to": "none",
        "disable_tqdm": True,
        "save_strategy": "steps",
        "save_total_limit": KEPT,
        "eval_strategy": "steps" if watched else "no",
        "eval_on_start": watched and newest_checkpoint(folder) is None,
        "per_device_eval_batch_size": stage.values().get("per_device_train_batch_size", 8),
        "logging_nan_inf_filter": False,
        "include_num_input_tokens_seen": "non_padding",
        "dataloader_pin_memory": gpu,
        "use_cpu": not gpu,
    }


def _resolved(chosen: Mapping[str, Value]) -> dict[str, Value]:
    """Decide on this machine what the plan leaves to it, and use the new name where transformers warns of the old one."""
    import torch

    resolved = {RENAMED_OPTIONS.get(name, name): value for name, value in chosen.items()}
    if resolved.get("bf16") == AUTO:
        resolved["bf16"] = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    return resolved


def _raise_if_stopped(watch: StageWatch, stage: StagePlan, steps: int, rate: Value) -> None:
    label = stage_label(stage.name)
    if watch.diverged:
        raise StageError(
            f"{label}: {watch.diverged}, so training was stopped. Continued from here it would end the same way; start a run "
            f"with a lower learning rate (it was {rate}) or a smaller max_grad_norm, and look at the rows for odd ones."
        )
    if watch.interrupted_at is not None:
        raise InterruptedRunError(
            f"{label}: stopped on request at step {watch.interrupted_at} of {steps}; a checkpoint is on disk. "
            "Continue with `tunegate run RUN`."
        )
