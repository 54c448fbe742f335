"""Looking without leaving a trace: random numbers, counters, modes, gradients and weights are as before afterwards."""

import copy
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

COUNTERS: Final = (
    "_metrics",
    "_total_train_tokens",
    "_step",
    "_buffered_inputs",
    "_pending_metrics",
    "_stored_metrics",
    "_logs",
    "state",
    "current_gradient_accumulation_steps",
)
"""What TRL's trainers count in; a loss that is computed by hand counts there, too."""


@contextmanager
def untouched(trainer: Any) -> Iterator[None]:
    """Give the trainer back as it was: training after the block is bit for bit that without it."""
    model = trainer.model
    modes = [(module, module.training) for module in model.modules()]
    counters = {name: copy.deepcopy(getattr(trainer, name)) for name in COUNTERS if hasattr(trainer, name)}
    try:
        with same_random_numbers():
            yield
    finally:
        for name, value in counters.items():
            setattr(trainer, name, value)
        for module, mode in modes:
            module.training = mode
        model.zero_grad(set_to_none=True)


@contextmanager
def same_random_numbers() -> Iterator[None]:
    """Leave every random generator where it was."""
    import numpy as np
    import torch

    gpu = torch.cuda.is_available()
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()  # what the libraries draw from
    on_gpus = torch.cuda.get_rng_state_all() if gpu else []
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])
        if gpu:
            torch.cuda.set_rng_state_all(on_gpus)


@contextmanager
def same_weights(model: Any) -> Iterator[None]:
    """Copy the trained weights, and put them back after the block."""
    import torch

    before = [(weight, weight.detach().clone()) for weight in model.parameters() if weight.requires_grad]
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, value in before:
                weight.copy_(value)
        model.zero_grad(set_to_none=True)
