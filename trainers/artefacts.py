"""What a run leaves to others: its candidate as an adapter, or merged into whole weights, with tokenizer and chat template."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from reports.errors import MissingError, StageError, StorageError, UsageError
from reports.records.plan import Plan, StagePlan
from reports.rundir import RunDir
from trainers.methods import last_policy

if TYPE_CHECKING:
    import torch
    from peft import PeftModel

Form = Literal["adapter", "merged", "whole"]

MERGE_LIMIT: Final = 1e-4
"""Of the largest logit; the float32 sums of adapter and merged weights differ in the sixth digit."""
PROBE: Final = "Merged or not, the same words must follow."


class Exported(NamedTuple):
    """What was written."""

    folder: Path
    form: Form
    """`adapter` needs the base; `merged` is base and adapter in one; `whole` is a model all of whose weights were trained."""
    stage: str
    base: str
    gap: float | None = None
    """Largest difference between the logits of the merged model and of base with adapter, in float32."""
    notes: tuple[str, ...] = ()


def export_candidate(run: RunDir, out: Path, merge: bool = False) -> Exported:
    """Write the candidate of a run to a new folder, which then holds all that transformers (and peft) need to load it.

    Nothing is at `out` until all of it is.

    Raises:
        UsageError: something is at `out` already, or the run trains no policy.
        MissingError: the stage is not finished, or its base is gone.
        StageError: the merged model does not compute what the adapter does.
        StorageError: the disk refuses.
    """
    plan = run.read(Plan)
    stage = _finished_stage(run, plan)
    trained = run.adapter(stage.name)
    is_whole = not (trained / "adapter_config.json").is_file()
    with _new_folder(out) as folder:
        if is_whole or not merge:
            shutil.copytree(trained, folder, dirs_exist_ok=True)
            gap = None
        else:
            gap = merge_adapter(plan, trained, folder)
    form: Form = "whole" if is_whole else "merged" if merge else "adapter"
    return Exported(out, form, stage.name, plan.model.label, gap, _notes(plan, form, merge))


def merge_adapter(plan: Plan, adapter: Path, folder: Path) -> float:
    """Add an adapter to the weights of its base, save them as the base stores its own, and return the gap of the logits.

    The sum is taken in float32, and compared with base and adapter before it is rounded to the type of the base.
    Raises StageError where they differ.
    """
    from transformers import AutoConfig, AutoTokenizer

    from evals.model_source import model_place
    from evals.models import load_candidate

    tokenizer = AutoTokenizer.from_pretrained(str(adapter))
    candidate = load_candidate(plan.model, adapter).float()
    tokens = tokenizer(PROBE, return_tensors="pt")["input_ids"].to(candidate.device)
    adapted = _logits(candidate, tokens)
    merged = candidate.merge_and_unload(safe_merge=True)
    gap = float((_logits(merged, tokens) - adapted).abs().max())
    if not gap <= MERGE_LIMIT * float(adapted.abs().max()):
        raise StageError(
            f"{adapter}: merged into {plan.model.label}, the model computes something else than base and adapter "
            f"(logits differ by {gap:.3g}). Most often the adapter changed an output layer that shares its weights with the "
            "input layer. Export the adapter itself, without --merge."
        )
    stored = AutoConfig.from_pretrained(model_place(plan.model.name), trust_remote_code=False).dtype
    merged.to(stored or adapted.dtype).save_pretrained(str(folder))
    tokenizer.save_pretrained(str(folder))
    return gap


def _logits(model: "PeftModel", tokens: "torch.Tensor") -> "torch.Tensor":
    import torch

    with torch.no_grad():
        logits: torch.Tensor = model(input_ids=tokens).logits
    return logits


def _finished_stage(run: RunDir, plan: Plan) -> StagePlan:
    """Return the stage whose result is the candidate."""
    stage = last_policy(plan)
    if stage is None:
        raise UsageError(f"{run.path}: the plan trains no model that answers ({plan.strategy}), so there is nothing to export.")
    if run.stage_result(stage.name) is None:
        raise MissingError(
            f"{run.path}: {stage.name}, whose result is the candidate, is not finished. "
            f"Finish it with `tunegate run {quote(str(run.path))}`."
        )
    return stage


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """Give a folder that becomes `out` when the block ends well, and is deleted when it does not."""
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise UsageError(f"{out}: is there already, and nothing is overwritten. Name a new folder, or move this one away.")
    folder = out.with_name(f".{out.name}.{secrets.token_hex(6)}")
    try:
        folder.mkdir(parents=True)
        yield folder
        folder.replace(out)
    except OSError as error:
        raise StorageError(
            f"{out}: the model could not be written ({error.strerror or error}). Free space, or name another."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _notes(plan: Plan, form: Form, merge: bool) -> tuple[str, ...]:
    if form == "whole" and merge:
        return ("All weights were trained, so there is no adapter to merge; the model is copied as it is.",)
    if form == "merged" and plan.parameters == "qlora":
        return ("Trained on a base in 4 bits and merged into its full weights, which is how the run measured it, too.",)
    if form == "adapter":
        return (f"The adapter needs its base, {plan.model.label}: adapter_config.json says where it was.",)
    return ()
