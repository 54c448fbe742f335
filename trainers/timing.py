"""How long a step takes and a run costs: floating point operations against a device, or one measured step.

Operations: 2 for each weight and token forward, twice that backward (Kaplan et al. 2020, section 2.1: C = 6ND), attention on
top, one more forward where activations are computed again. The share of the peak that training reaches (model FLOPs
utilisation, Chowdhery et al. 2022) is an interval, so the time is one. Generating reads all weights for each token, so it
is bound by memory bandwidth, and for small models by the time to start a layer's kernels.
"""

import math
from typing import Final

from msgspec import Struct

from reports.errors import UsageError
from trainers.architecture import Architecture
from trainers.devices import Device
from trainers.memory_setup import REFERENCED, ROLLOUTS, SHARDED, Setup, check_setup
from trainers.memory_terms import weight_bytes

UTILISATION: Final = (0.2, 0.42, 0.75)
"""Share of a device's peak that training reaches: low, usual, high."""
BANDWIDTH_SHARE: Final = (0.15, 0.35, 0.7)
"""Share of the memory bandwidth that generating reaches: low, usual, high."""
LAYER_START_S: Final = 0.0005
"""Seconds to start the kernels of one layer once."""
STARTS_A_LAYER: Final = 3
"""Forward and backward of one layer start about three times the kernels of forward."""
FOUR_BIT_SLOWDOWN: Final = (1.9, 1.35, 1.0)
"""How much longer products with 4-bit weights take, which are unpacked first: low, usual and high speed."""
SHARING: Final = {"none": 1.0, "ddp": 0.95, "zero1": 0.93, "zero2": 0.92, "zero3": 0.8, "fsdp": 0.8}
"""Share of its speed that a GPU keeps when it exchanges gradients or weights."""
MEASURED_SPREAD: Final = 0.15
"""Half a 90 % interval around a measured step: other steps have other rows."""


class StepTime(Struct, frozen=True, kw_only=True):
    """Seconds of one optimizer step, with the ends of a 90 % interval."""

    seconds: float
    low_s: float
    high_s: float
    tokens: float
    """Tokens a step trains on, on all GPUs, padding included."""
    flops: float
    """Operations of one GPU."""
    origin: str
    """Where the figure comes from."""


class RunCost(Struct, frozen=True, kw_only=True):
    """Hours and money of a run, with the ends of the interval of its steps."""

    hours: float
    low_hours: float
    high_hours: float
    price: float | None = None
    low_price: float | None = None
    high_price: float | None = None


def step_time(shape: Architecture, setup: Setup, device: Device | None, measured_s: float | None = None) -> StepTime:
    """Estimate the time of one optimizer step.

    Args:
        device: the GPU; may be None where a step was measured.
        measured_s: seconds that one step on the longest rows took; it replaces the device's figure.

    Raises:
        UsageError: neither is given, or the measured time is not above 0.
    """
    check_setup(setup)
    rows = max(1, setup.gpus) * setup.accumulation
    tokens = usual_tokens(setup)
    flops = step_flops(shape, setup)
    if measured_s is not None:
        if not 0 < measured_s < math.inf:
            raise UsageError(f"measured step {measured_s}: seconds above 0 were expected.")
        usual = measured_s * tokens / setup.tokens
        low, mid, high = usual * (1 - MEASURED_SPREAD), usual, usual * (1 + MEASURED_SPREAD)
        origin = "one measured step"
    elif device is not None:
        high, mid, low = (_seconds(shape, setup, device, flops, speed) for speed in range(3))
        generated = ", and generating the answers" if setup.method in ROLLOUTS else ""
        origin = f"operations at {UTILISATION[0]:.0%} to {UTILISATION[2]:.0%} of the peak of {device.name}{generated}"
    else:
        raise UsageError("Time needs a device or a measured step: give --gpu, for example A100-80, or --measured-step SECONDS.")
    return StepTime(seconds=mid, low_s=low, high_s=high, tokens=tokens * rows, flops=flops, origin=origin)


def step_flops(shape: Architecture, setup: Setup) -> float:
    """Return the floating point operations of one optimizer step on one GPU, generating left out."""
    forward = 2.0 * (shape.active + shape.embedding) + 2.0 * shape.layers * shape.query * setup.longest
    passes = 1 + (1 if setup.has_adapter else 2) + (1 if setup.checkpointing else 0)
    compared = setup.method in REFERENCED if setup.reference is None else setup.reference
    passes += 1 if compared else 0
    passes += 2 if setup.method == "kto" else 0
    return forward * passes * usual_tokens(setup) * setup.accumulation


def usual_tokens(setup: Setup) -> float:
    """Return the tokens of a usual batch on one GPU, padding included: rows are padded to the longest of their batch."""
    if setup.lengths is None or setup.packing:
        return float(setup.sequences * setup.length)
    mean, long = (min(float(setup.length), value) for value in (setup.lengths.mean, setup.lengths.p95))
    return setup.sequences * (mean + max(0.0, long - mean) * (1 - 1 / setup.sequences))


def run_cost(step: StepTime, steps: int, gpus: int = 1, price: float | None = None) -> RunCost:
    """Return hours and money of `steps` steps; `price` is that of one GPU for an hour, in any currency.

    Raises UsageError where steps are below 1 or the price is negative.
    """
    if steps < 1:
        raise UsageError(f"steps {steps}: at least 1 was expected.")
    if price is not None and not 0 <= price < math.inf:
        raise UsageError(f"price {price}: a number from 0 upwards was expected, the price of one GPU for an hour.")
    hours = [value * steps / 3600 for value in (step.seconds, step.low_s, step.high_s)]
    money = [None if price is None else value * max(1, gpus) * price for value in hours]
    return RunCost(
        hours=hours[0], low_hours=hours[1], high_hours=hours[2], price=money[0], low_price=money[1], high_price=money[2]
    )


def _seconds(shape: Architecture, setup: Setup, device: Device, flops: float, speed: int) -> float:
    peak = device.tflops * 1e12 * (0.5 if setup.precision == "fp32" else 1.0)
    slower = FOUR_BIT_SLOWDOWN[speed] if setup.parameters == "qlora" else 1.0
    train = flops * slower / (peak * UTILISATION[speed] * SHARING[setup.sharding])
    started = LAYER_START_S * STARTS_A_LAYER * shape.layers * setup.accumulation
    return max(train, started) + (_generating(shape, setup, device, speed) if setup.method in ROLLOUTS else 0.0)


def _generating(shape: Architecture, setup: Setup, device: Device, speed: int) -> float:
    """Return the seconds to generate the answers of a step, all rows of a GPU at once, token by token."""
    rows = setup.batch * setup.accumulation
    read = weight_bytes(shape, setup) * (setup.gpus if setup.sharding in SHARDED else 1)
    read += rows * 2 * shape.key * setup.compute_bytes * shape.layers * setup.longest
    token = max(read / (device.bandwidth_gbs * 1e9 * BANDWIDTH_SHARE[speed]), shape.layers * LAYER_START_S)
    return setup.completion_length * token
