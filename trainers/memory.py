"""How much memory a training step needs: named terms at the moment of the peak, their sum, and an interval."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from trainers import memory_terms as terms
from trainers.activations import backward_of_layer, kept_at_the_end, kept_by_layer, stored_by_layer
from trainers.architecture import Architecture
from trainers.memory_setup import ROLLOUTS, Parameters, Setup, check_setup

TermName = Literal[
    "weights",
    "adapter",
    "gradients",
    "optimizer",
    "activations",
    "logits",
    "reference",
    "reward_model",
    "rollout_cache",
    "workspace",
    "communication",
    "overhead",
]
Moment = Literal["loss", "backward", "step", "generation"]
Models = Literal["none", "one", "pair", "reference", "rollouts", "three"]

GIB: Final = 2**30
GB: Final = 1e9
OVERHEAD_BYTES: Final = 96 * 2**20
"""Work space of the matrix library, buffers and batches."""
PROCESSOR_OVERHEAD_BYTES: Final = 8 * 2**20
CONTEXT_GIB: Final = 0.6
"""What the driver takes on every GPU before the first tensor; not part of an estimate, but of what is free."""
FRAGMENTED: Final = 0.04
"""Share of a GPU that an allocator cannot use, because the gaps between tensors do not fit."""
SPREAD: Final[dict[TermName, float]] = {
    "weights": 0.02,
    "adapter": 0.1,
    "gradients": 0.1,
    "optimizer": 0.1,
    "activations": 0.2,
    "logits": 0.3,
    "reference": 0.02,
    "reward_model": 0.05,
    "rollout_cache": 0.2,
    "workspace": 0.5,
    "communication": 0.3,
    "overhead": 1.0,
}
"""Half a 90 % interval of each term, as a share of it: what differs between versions of the programs that train."""
MODEL_SPREAD: Final = 0.07
"""The same for the sum: what this model leaves out."""


class Term(Struct, frozen=True, kw_only=True):
    """One part of the memory at the moment of the peak."""

    name: TermName
    bytes: float
    because: str


class Estimate(Struct, frozen=True, kw_only=True):
    """Peak memory of one GPU, as its allocator counts it, with the ends of a 90 % interval."""

    total_bytes: float
    low_bytes: float
    high_bytes: float
    moment: Moment
    """When the peak is reached."""
    terms: tuple[Term, ...]

    @property
    def total_gib(self) -> float:
        """The sum in GiB (2^30 bytes)."""
        return self.total_bytes / GIB


class Interval(NamedTuple):
    """A value between the ends of its 90 % interval."""

    low: float
    mid: float
    high: float


def estimate(architecture: Architecture, setup: Setup) -> Estimate:
    """Estimate the peak memory of one GPU.

    A step has four moments that can be its peak: the loss, when forward has kept everything; backward of one layer, when
    its recomputed activations and their gradients are there; the optimizer's step, when all gradients are; and, for RLOO
    and GRPO, the end of generating. The terms are those of the largest.

    Raises:
        UsageError: numbers out of range, or choices that exclude each other.
    """
    from trainers.memory_wording import explain

    check_setup(setup)
    moment, parts = peak(architecture, setup)
    low, total, high = spread(parts)
    return Estimate(
        total_bytes=total,
        low_bytes=low,
        high_bytes=high,
        moment=moment,
        terms=tuple(
            Term(name=name, bytes=value, because=explain(name, architecture, setup, moment)) for name, value in parts.items()
        ),
    )


def span(estimates: Sequence[Estimate]) -> Estimate:
    """Return the costliest of some estimates with an interval that spans them all, where it is not known which applies."""
    costliest = max(estimates, key=lambda found: found.total_bytes)
    low, high = min(found.low_bytes for found in estimates), max(found.high_bytes for found in estimates)
    return replace(costliest, low_bytes=low, high_bytes=high)


def peak(shape: Architecture, setup: Setup) -> tuple[Moment, dict[TermName, float]]:
    """Return the moment of the peak and the bytes of every term then."""
    always = _held_always(shape, setup)
    gradients = terms.gradient_bytes(shape, setup)
    held = gradients if setup.has_adapter or setup.accumulation > 1 else 0.0
    stored = _stored(shape, setup)
    moments: dict[Moment, dict[TermName, float]] = {
        "loss": {
            "gradients": held,
            "activations": stored,
            "logits": terms.logit_bytes(shape, setup),
            "workspace": terms.cast_bytes(shape, setup) + terms.dequantised_bytes(shape, setup, head=True),
            "communication": terms.communication_bytes(shape, setup, layers=False),
        },
        "backward": {
            "gradients": held,
            "activations": stored + _one_layer(shape, setup),
            "workspace": _used(shape, setup),
            "communication": terms.communication_bytes(shape, setup, layers=True),
        },
        "step": {
            "gradients": gradients,
            "workspace": terms.step_bytes(shape, setup),
            "communication": terms.communication_bytes(shape, setup, layers=False),
        },
    }
    if setup.method in ROLLOUTS:
        moments["generation"] = {"rollout_cache": terms.rollout_bytes(shape, setup)}
    moment = max(moments, key=lambda name: sum(moments[name].values()))
    return moment, {name: moments[moment].get(name, always.get(name, 0.0)) for name in SPREAD}


def spread(parts: dict[TermName, float]) -> Interval:
    """Return the sum between the ends of its interval, in bytes: the terms' errors are taken as independent."""
    total = sum(parts.values())
    half = math.sqrt(sum((SPREAD[name] * value) ** 2 for name, value in parts.items()) + (MODEL_SPREAD * total) ** 2)
    return Interval(max(parts["weights"], total - half), total, total + half)


def usable_gib(gpu_gib: float) -> float:
    """Return what tensors can use of a GPU of this size: less the driver's context and the gaps of the allocator."""
    return max(0.0, (gpu_gib - CONTEXT_GIB) * (1 - FRAGMENTED))


def quick_fit(
    params_b: float, models: Models, parameters: Parameters, *, tokens: float = 1024, gpus: int = 1, batch: int = 1
) -> Interval:
    """Estimate from the number of parameters alone, for a model of the usual shape; well below 50 microseconds.

    Args:
        params_b: parameters in billions.
        models: what the strategy holds: one model, one that reads pairs, a reference, rollouts, or RLHF's three.
        parameters: which weights are trained.
        tokens: length of a row.
        gpus: GPUs, over which the model is sharded where there are several; 0: the processor, in fp32.
        batch: rows a GPU at once.

    Returns:
        Memory of one device in GiB; nothing for strategies that train nothing.
    """
    if models == "none":
        return Interval(0.0, 0.0, 0.0)
    return _quick_fit(float(f"{params_b:.3g}"), models, parameters, max(32, round(float(f"{tokens:.2g}"))), gpus, batch)


@lru_cache(maxsize=8192)
def _quick_fit(params_b: float, models: Models, parameters: Parameters, tokens: int, gpus: int, batch: int) -> Interval:
    method: Final = {"one": "sft", "pair": "orpo", "reference": "dpo", "rollouts": "grpo", "three": "rloo"}
    answers = batch * 8 if models in ("rollouts", "three") else batch
    setup = Setup(
        method=method[models],  # type: ignore[arg-type]
        parameters=parameters,
        precision="fp32" if not gpus and parameters != "qlora" else "bf16-mixed" if parameters == "full" else "bf16",
        batch=answers,
        length=max(2, tokens),
        completion_length=max(1, tokens // 2),
        gpus=max(gpus, 1 if parameters == "qlora" else 0),
        sharding="fsdp" if gpus > 1 else "none",
    )
    low, mid, high = spread(peak(usual_shape(params_b), setup)[1])
    return Interval(low / GIB, mid / GIB, high / GIB)


@lru_cache(maxsize=1024)
def usual_shape(params_b: float) -> Architecture:
    """Return the shape that a model of so many billions of parameters usually has.

    Depth and width grow with the cube root of the size from Llama 3.1 8B (32 layers of 4096), the feed-forward block is
    3.5 times as wide, a quarter of the heads have keys, and the vocabulary is 128 000 words, less for models below 1 B.
    """
    scale = math.cbrt(max(params_b, 1e-4) / 8)
    hidden = max(32, round(4096 * scale / 32) * 32)
    heads = max(1, hidden // 128)
    vocab = int(min(128_000, max(256, 0.25e9 * params_b / hidden)))
    return Architecture(
        layers=max(2, round(32 * scale)),
        hidden=hidden,
        heads=heads,
        kv_heads=max(1, heads // 4),
        head_dim=hidden // heads,
        intermediate=round(3.5 * hidden),
        vocab=vocab,
        tied=params_b < 4,
        params=params_b * 1e9,
    )


def _held_always(shape: Architecture, setup: Setup) -> dict[TermName, float]:
    return {
        "weights": terms.weight_bytes(shape, setup),
        "adapter": terms.adapter_bytes(shape, setup),
        "optimizer": terms.optimizer_bytes(shape, setup),
        "reference": terms.reference_bytes(shape, setup),
        "reward_model": terms.reward_bytes(shape, setup),
        "overhead": float(OVERHEAD_BYTES if setup.gpus else PROCESSOR_OVERHEAD_BYTES),
    }


def _stored(shape: Architecture, setup: Setup) -> float:
    each = shape.layers * stored_by_layer(shape, setup) + kept_at_the_end(shape, setup)
    return setup.tokens * each


def _one_layer(shape: Architecture, setup: Setup) -> float:
    recomputed = kept_by_layer(shape, setup) if setup.checkpointing else 0.0
    return setup.tokens * (recomputed + backward_of_layer(shape, setup))


def _used(shape: Architecture, setup: Setup) -> float:
    """Copies of weights that backward of one layer works with."""
    casts = terms.cast_bytes(shape, setup)
    if setup.checkpointing:
        casts = min(casts, 2 * shape.matrices / shape.layers)
    return casts + terms.dequantised_bytes(shape, setup, head=False)
