"""Whether a strategy fits into memory, by the estimator of the trainers, with its interval."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from reports.records.recommendation import ParameterChoice, Strategy
from selector.policy import Thresholds
from selector.situation import Situation
from selector.strategies import PROFILES, Models
from trainers.memory import quick_fit

State = Literal["fits", "tight", "exceeds"]

HELD: Final[tuple[Models, ...]] = ("none", "one", "pair", "reference", "rollouts", "three")
"""Every set of models a strategy can hold in memory."""


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
        thresholds: usable share of memory.
    """
    return _fit(PROFILES[strategy].models, parameters, _device(facts, thresholds))


def best_fits(facts: Situation, thresholds: Thresholds) -> Mapping[Models, Fit]:
    """Return, for each set of models a strategy can hold, LoRA where it fits, else QLoRA, which no processor runs."""
    return _best_fits(_device(facts, thresholds))


def _device(facts: Situation, thresholds: Thresholds) -> Device:
    gpus = int(facts.gpu_count)
    offered = facts.gpu_memory_gib if gpus else facts.ram_gib
    return Device(facts.model_parameters_b, facts.sequence_tokens, gpus, offered * thresholds.memory_usable)


@lru_cache(maxsize=4096)
def _best_fits(device: Device) -> Mapping[Models, Fit]:
    return {models: _best_fit(models, device) for models in HELD}


def _best_fit(models: Models, device: Device) -> Fit:
    lora = _fit(models, "lora", device)
    return lora if lora.state == "fits" or not device.gpus else _fit(models, "qlora", device)


def _fit(models: Models, parameters: ParameterChoice, device: Device) -> Fit:
    found = quick_fit(
        device.billions, models, "lora" if parameters == "none" else parameters, tokens=device.tokens, gpus=device.gpus
    )
    return Fit(parameters, found.mid, found.low, found.high, device.usable_gib)


def _gib(value: float) -> str:
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 0.1 else f"{value:.1g}"
