"""What `tunegate estimate` prints: a table for people, a document with stable keys for programs."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from trainers.memory import GB, GIB
from trainers.memory_advice import Verdict
from trainers.memory_wording import MOMENTS, count_words
from trainers.sizing import Sized

STATES: Final = {"fits": "✓ fits", "exceeds": "✗ does not fit", "unclear": "? unclear"}
PARAMETERS: Final = {"full": "all weights", "lora": "LoRA", "qlora": "QLoRA"}


def as_text(sized: Sized) -> str:
    """Return the estimate as plain text for a terminal."""
    return "\n".join([*_head(sized), *_terms(sized), *_fit(sized), *_time(sized)])


def as_document(sized: Sized) -> dict[str, Any]:
    """Return the estimate with the same keys every time; what was not asked for is null."""
    found = sized.estimate
    fit = sized.verdict and {"gpu_memory_gib": sized.gpu_gib, **msgspec.to_builtins(sized.verdict)}
    return {
        "architecture": msgspec.to_builtins(sized.architecture),
        "setup": msgspec.to_builtins(sized.setup),
        "total_bytes": round(found.total_bytes),
        "total_gib": found.total_bytes / GIB,
        "total_gb": found.total_bytes / GB,
        "low_gb": found.low_bytes / GB,
        "high_gb": found.high_bytes / GB,
        "low_gib": found.low_bytes / GIB,
        "high_gib": found.high_bytes / GIB,
        "moment": found.moment,
        "terms": [{"name": term.name, "bytes": round(term.bytes), "because": term.because} for term in found.terms],
        "fit": fit,
        "changes": [
            {"words": change.words, "total_gib": change.total_gib, "high_gib": change.high_gib} for change in sized.changes
        ],
        "time": sized.time and msgspec.to_builtins(sized.time),
        "steps": sized.steps,
        "cost": sized.cost and msgspec.to_builtins(sized.cost),
        "notes": list(sized.notes),
    }


def _head(sized: Sized) -> Iterator[str]:
    setup = sized.setup
    gpus = "the processor" if not setup.gpus else "1 GPU" if setup.gpus == 1 else f"{setup.gpus} GPUs, {setup.sharding}"
    yield (
        f"{count_words(sized.architecture.params)} weights, {setup.method.upper()} of {PARAMETERS[setup.parameters]}, "
        f"{setup.batch} rows of at most {setup.longest:,} tokens, {gpus}"
    )
    yield ""


def _terms(sized: Sized) -> Iterator[str]:
    found = sized.estimate
    for term in found.terms:
        yield f"  {term.name.replace('_', ' '):<14} {_size(term.bytes):>10}   {term.because}"
    ends = f"{_size(found.low_bytes)} to {_size(found.high_bytes)} (90 % interval)"
    yield f"  {'total':<14} {_size(found.total_bytes):>10}   {ends}; {found.total_gib:.2f} GiB a GPU"
    yield f"  The peak comes {MOMENTS[found.moment]}."


def _fit(sized: Sized) -> Iterator[str]:
    if sized.verdict is None:
        return
    yield ""
    yield f"{STATES[sized.verdict.state]} on a GPU of {sized.gpu_gib:g} GiB: {_room(sized.verdict)}"
    if sized.verdict.state == "fits":
        return
    yield "What would make it fit" if sized.changes else "No change of batch, length, precision or number of GPUs makes it fit."
    for change in sized.changes:
        yield f"  {change.words}: {change.total_gib:.1f} GiB, at most {change.high_gib:.1f}"


def _room(verdict: Verdict) -> str:
    usable = f"of {verdict.usable_gib:.1f} that tensors can use"
    return (
        f"{verdict.free_gib:.1f} GiB left {usable}" if verdict.free_gib >= 0 else f"{-verdict.free_gib:.1f} GiB missing {usable}"
    )


def _time(sized: Sized) -> Iterator[str]:
    if sized.time is None:
        return
    time = sized.time
    yield ""
    took = f"{_seconds(time.seconds)} ({_seconds(time.low_s)} to {_seconds(time.high_s)})"
    yield f"A step of {time.tokens:,.0f} tokens takes {took}: {time.origin}"
    if sized.cost is None:
        return
    cost = sized.cost
    line = f"{sized.steps:,} steps take {cost.hours:.3g} hours ({cost.low_hours:.3g} to {cost.high_hours:.3g})"
    if cost.price is not None:
        line += f" and cost {cost.price:,.2f} ({cost.low_price:,.2f} to {cost.high_price:,.2f})"
    yield line


def _size(count: float) -> str:
    if not count:
        return "-"
    return f"{count / GB:.2f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"


def _seconds(value: float) -> str:
    return f"{value:.3g} s" if value < 120 else f"{value / 60:.3g} min"
