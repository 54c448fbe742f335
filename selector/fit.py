"""Whether a strategy fits into memory: conservative arithmetic with an interval."""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from reports.records.recommendation import ParameterChoice, Strategy
from selector.policy import Thresholds
from selector.situation import Situation
from selector.strategies import PROFILES, Models

State = Literal["fits", "tight", "exceeds"]

TRAINED: Final[dict[ParameterChoice, float]] = {"full": 16.0, "lora": 2.2, "qlora": 0.9}
"""Bytes a parameter of the policy with gradients and AdamW in mixed precision; an adapter holds 1 % of the weights."""
FROZEN: Final[dict[ParameterChoice, float]] = {"full": 2.0, "lora": 2.0, "qlora": 0.7}
"""Bytes a parameter of a model that only predicts."""
ROWS: Final[dict[Models, int]] = {"none": 0, "one": 1, "pair": 2, "reference": 2, "rollouts": 1, "three": 2}
"""Rows a step holds at least: a pair is two."""
GROUP: Final = 8
"""Answers sampled a prompt by reinforcement, each with its cache."""
OVERHEAD_GIB: Final = 1.0
GIB: Final = 2**30


class Fit(NamedTuple):
    """Memory one device needs against what it has, in GiB; low and high are the ends of a 90 % interval."""

    parameters: ParameterChoice
    needed_gib: float
    low_gib: float
    high_gib: float
    available_gib: float

    @property
    def state(self) -> State:
        """`tight` where the estimate fits and the high end of its interval does not."""
        if self.needed_gib > self.available_gib:
            return "exceeds"
        return "tight" if self.high_gib > self.available_gib else "fits"

    @property
    def because(self) -> str:
        """The comparison as a clause."""
        words = {"full": "full tuning", "lora": "LoRA", "qlora": "QLoRA", "none": "it"}[self.parameters]
        return (
            f"{words} needs about {_gib(self.needed_gib)} GiB a device ({_gib(self.low_gib)} to {_gib(self.high_gib)}), "
            f"and {_gib(self.available_gib)} can be used"
        )


class Device(NamedTuple):
    """What a model of one size meets: rows of one length, and devices of one memory."""

    billions: float
    tokens: float
    gpus: int
    """0: the processor."""
    usable_gib: float


def fits(strategy: Strategy, parameters: ParameterChoice, facts: Situation, thresholds: Thresholds) -> Fit:
    """Compare the memory of a strategy's hungriest stage with what one device offers.

    Args:
        strategy: the strategy; `prompt` and `retrieval` need nothing.
        parameters: which weights are trained.
        facts: size of the model, length of the rows, devices and their memory.
        thresholds: usable share of memory and the width of the interval.
    """
    return _fit(PROFILES[strategy].models, parameters, _device(facts, thresholds), thresholds.memory_low, thresholds.memory_high)


def best_fits(facts: Situation, thresholds: Thresholds) -> Mapping[Models, Fit]:
    """Return, for each set of models a strategy can hold, LoRA where it fits, else QLoRA, which no processor runs."""
    return _best_fits(_device(facts, thresholds), thresholds.memory_low, thresholds.memory_high)


def _device(facts: Situation, thresholds: Thresholds) -> Device:
    gpus = int(facts.gpu_count)
    offered = facts.gpu_memory_gib if gpus else facts.ram_gib
    return Device(facts.model_parameters_b, facts.sequence_tokens, gpus, offered * thresholds.memory_usable)


@lru_cache(maxsize=4096)
def _best_fits(device: Device, low: float, high: float) -> Mapping[Models, Fit]:
    return {models: _best_fit(models, device, low, high) for models in ROWS}


def _best_fit(models: Models, device: Device, low: float, high: float) -> Fit:
    lora = _fit(models, "lora", device, low, high)
    return lora if lora.state == "fits" or not device.gpus else _fit(models, "qlora", device, low, high)


def _fit(models: Models, parameters: ParameterChoice, device: Device, low: float, high: float) -> Fit:
    needed = _needed_gib(models, parameters, device)
    return Fit(parameters, needed, needed * low, needed * high, device.usable_gib)


def _needed_gib(models: Models, parameters: ParameterChoice, device: Device) -> float:
    if models == "none":
        return 0.0
    each = TRAINED[parameters] * (1 if device.gpus or parameters == "full" else 2)
    if models in ("reference", "three") and parameters == "full":
        each += FROZEN["full"]
    if models == "three":
        each += FROZEN[parameters]
    weights = each * device.billions * 1e9 / max(1, device.gpus)
    return (weights + device.tokens * _activations(models, device.billions)) / GIB + OVERHEAD_GIB


def _activations(models: Models, billions: float) -> float:
    """Return bytes a token of one step with checkpointing, for the shape a model of this size usually has.

    Hidden size and depth grow with the cube root of the parameters (Llama 7B: 4096 and 32), logits are held as 10 bytes
    a vocabulary entry, and reinforcement adds the key-value cache of a group of answers.
    """
    scale = math.cbrt(billions / 7)
    hidden, layers = 4096 * scale, 32 * scale
    vocabulary = min(128_000.0, 0.4e9 * billions / hidden)
    each_token = 2 * hidden * layers + 34 * hidden + 10 * vocabulary
    cache = GROUP * layers * hidden if models in ("rollouts", "three") else 0.0
    return ROWS[models] * each_token + cache


def _gib(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
