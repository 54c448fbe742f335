"""Weights that processes share: where they lie while a stage starts, and how they become whole again to be saved."""

import os
from typing import Any, Final

SHARING: Final = ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")
"""Set by accelerate's launcher where each process holds a part of the model."""


def are_shared() -> bool:
    """Say whether each process of the run holds only a part of the model."""
    return any(os.environ.get(name, "false").lower() == "true" for name in SHARING)


def gathered_weights(trainer: Any) -> dict[str, Any]:
    """Return what `save_pretrained` needs where the weights are shared: all of them, in the first process.

    Nothing where every process has them. Every process calls this at the same point.
    """
    if not are_shared():
        return {}
    return {"state_dict": trainer.accelerator.get_state_dict(trainer.model_wrapped)}
