"""The figures a stage ends with."""

import math
from typing import Any, Final

from trainers.callbacks import StageWatch, is_kept
from trainers.process_memory import peak_bytes

REFERENCE: Final = ".ref."
"""Marks the weights of TRL's frozen copy of an adapter, which are no part of the model."""


def final_figures(trainer: Any, watch: StageWatch) -> dict[str, float | None]:
    """Return the final figures: losses from the whole log, so that a resumed stage ends with those of an unbroken one."""
    import torch

    history = trainer.state.log_history
    evaluations = [entry for entry in history if "eval_loss" in entry]
    values = {name: float(value) for name, value in (evaluations[-1] if evaluations else {}).items() if name.startswith("eval_")}
    values = {name: value for name, value in values.items() if is_kept(name)}
    if evaluations:
        values["eval_loss_before"] = float(evaluations[0]["eval_loss"])
    values["train_loss"] = mean_loss(history)
    values["rows"] = float(len(trainer.train_dataset))
    values |= _speed(trainer.state.num_input_tokens_seen, watch)
    values |= {"seconds_per_step": round(watch.step_seconds / watch.steps, 6)} if watch.steps else {}
    weights = [weight for name, weight in trainer.model.named_parameters() if REFERENCE not in name]
    values["parameters"] = float(sum(weight.numel() for weight in weights))
    values["trainable_parameters"] = float(sum(weight.numel() for weight in weights if weight.requires_grad))
    values["peak_memory_gib"] = round(peak_bytes() / 2**30, 3)
    if torch.cuda.is_available():
        values["peak_gpu_memory_gib"] = round(torch.cuda.max_memory_allocated() / 2**30, 3)
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _speed(tokens: int, watch: StageWatch) -> dict[str, float]:
    """Return the tokens trained on, and how many a second; nothing where the trainer cannot count them."""
    if not tokens:
        return {}
    return {"tokens": float(tokens), "tokens_per_second": round((tokens - watch.tokens_before) / watch.seconds, 1)}


def mean_loss(history: list[dict[str, float]]) -> float:
    """Return the mean training loss a step, from a log whose entries are means since the entry before."""
    total, last = 0.0, 0
    for entry in history:
        if "loss" in entry:
            total += entry["loss"] * (entry["step"] - last)
            last = int(entry["step"])
    return total / last if last else math.nan
