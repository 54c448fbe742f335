"""Whether a setup fits a GPU, and which changes would make it fit; every answer is computed, none is a rule of thumb."""

import math
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from reports.errors import UsageError
from trainers.architecture import Architecture
from trainers.memory import GIB, Estimate, estimate, usable_gib
from trainers.memory_setup import SHARDED, Setup

State = Literal["fits", "unclear", "exceeds"]
MOST_GPUS: Final = 64
SHORTEST: Final = 256
"""Tokens below which a row is not worth cutting."""


class Candidate(NamedTuple):
    """A change that may help; of one kind only the first that does is wanted."""

    kind: str
    words: str
    setup: Setup

    def then(self, other: "Candidate") -> "Candidate":
        """Return both changes as one; `other` was made on top of this one."""
        joined = [(self.kind, self.words), (other.kind, other.words)]
        kinds, words = zip(*(pair for pair in joined if pair[1]), strict=True)
        return Candidate("+".join(kinds), " + ".join(words), other.setup)


class Verdict(Struct, frozen=True, kw_only=True):
    """An estimate against the memory of a GPU."""

    state: State
    """fits: the whole interval does; exceeds: none of it does; unclear: the end of the interval decides."""
    usable_gib: float
    free_gib: float
    """Usable memory less the estimate; negative where it is missing."""


class Change(Struct, frozen=True, kw_only=True):
    """A change of the setup after which the whole interval fits."""

    words: str
    setup: Setup
    total_gib: float
    high_gib: float


def judge(found: Estimate, gpu_gib: float) -> Verdict:
    """Compare the estimate with a GPU of `gpu_gib`; UsageError where that is no positive number."""
    if not 0 < gpu_gib < math.inf:
        raise UsageError(f"GPU memory {gpu_gib}: a number of GiB above 0 was expected, for example 24.")
    usable = usable_gib(gpu_gib)
    low, high = found.low_bytes / GIB, found.high_bytes / GIB
    state: State = "fits" if high <= usable else "exceeds" if low > usable else "unclear"
    return Verdict(state=state, usable_gib=usable, free_gib=usable - found.total_bytes / GIB)


def advise(architecture: Architecture, setup: Setup, gpu_gib: float, limit: int = 4) -> tuple[Change, ...]:
    """Return at most `limit` changes after which the whole interval fits, those that change the training least first.

    Where no single change is enough, those that leave the result as it is are taken together, then with one that does not,
    then with two. Of changes of one kind (fewer rows at once, more GPUs) the smallest that fits is returned.
    """
    for level in (_singles, _together, _with_one, _with_two):
        found: dict[str, Change] = {}
        for candidate in level(setup):
            if candidate.kind in found:
                continue
            result = estimate(architecture, candidate.setup)
            if judge(result, gpu_gib).state == "fits":
                found[candidate.kind] = Change(
                    words=candidate.words,
                    setup=candidate.setup,
                    total_gib=result.total_bytes / GIB,
                    high_gib=result.high_bytes / GIB,
                )
        if found:
            return tuple(found.values())[:limit]
    return ()


def _singles(setup: Setup) -> Iterator[Candidate]:
    yield from _free(setup)
    yield from _costly(setup)


def _together(setup: Setup) -> Iterator[Candidate]:
    first = Candidate("", "", setup)
    for kind in ("checkpointing", "logits", "batch"):
        options = [option for option in _free(first.setup) if option.kind == kind]
        if kind != "batch":
            first = first.then(options[0]) if options else first
            continue
        yield first
        yield from (first.then(option) for option in options)


def _with_one(setup: Setup) -> Iterator[Candidate]:
    first = [*_together(setup)][-1]
    yield from (first.then(option) for option in _costly(first.setup))


def _with_two(setup: Setup) -> Iterator[Candidate]:
    first = [*_together(setup)][-1]
    for option in _parameters(first.setup):
        second = first.then(option)
        yield from (second.then(more) for more in (*_shorter(second.setup), *_more_gpus(second.setup)))


def _free(setup: Setup) -> Iterator[Candidate]:
    """Changes that leave the result as it is and cost time at most."""
    if not setup.checkpointing:
        yield Candidate("checkpointing", "activation checkpointing (about a third more time)", replace(setup, checkpointing=True))
    if setup.logits == "full":
        yield Candidate("logits", "the loss in chunks", replace(setup, logits="chunked"))
    batch, accumulation = setup.batch // 2, setup.accumulation * 2
    while batch >= 1:
        words = f"batch {batch} with accumulation {accumulation}"
        yield Candidate("batch", words, replace(setup, batch=batch, accumulation=accumulation))
        batch, accumulation = batch // 2, accumulation * 2


def _costly(setup: Setup) -> Iterator[Candidate]:
    """Changes that need more hardware or train differently."""
    if setup.gpus > 1 and setup.sharding not in SHARDED:
        words = f"weights shared by the {setup.gpus} GPUs (ZeRO-3)"
        yield Candidate("gpus", words, replace(setup, sharding="zero3"))
    yield from _parameters(setup)
    yield from _shorter(setup)
    yield from _more_gpus(setup)


def _parameters(setup: Setup) -> Iterator[Candidate]:
    if not setup.has_adapter:
        if setup.optimizer in ("adamw", "adamw-fp32"):
            yield Candidate("optimizer", "8-bit AdamW", replace(setup, optimizer="adamw-8bit"))
        yield Candidate("lora", "LoRA instead of all weights", replace(setup, parameters="lora", precision="bf16"))
    if setup.parameters != "qlora" and setup.gpus:
        words = "QLoRA (4-bit weights under an adapter)"
        yield Candidate("qlora", words, replace(setup, parameters="qlora", precision="bf16"))


def _shorter(setup: Setup) -> Iterator[Candidate]:
    if setup.longest >= 2 * SHORTEST:
        half = setup.longest // 2
        answers = max(1, setup.completion_length // 2)
        yield Candidate("length", f"rows of {half} tokens", replace(setup, length=half, completion_length=answers))


def _more_gpus(setup: Setup) -> Iterator[Candidate]:
    gpus = 2 * setup.gpus
    while 0 < gpus <= MOST_GPUS:
        words = f"{gpus} GPUs that share the weights (ZeRO-3)"
        yield Candidate("gpus", words, replace(setup, gpus=gpus, sharding="zero3"))
        gpus *= 2
