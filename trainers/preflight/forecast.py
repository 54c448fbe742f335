"""What a stage will take, told before its first step: memory from the estimate, time from a few passes over its own rows."""

import logging
import math
import time
from typing import Any, Final

from msgspec.structs import replace

from reports.errors import TunegateError, UsageError
from reports.records.preflight import Expected, StageForecast
from trainers.launching.choose import SHARDINGS
from trainers.memory import GIB, estimate
from trainers.memory_setup import Setup
from trainers.preflight.forward import loss_of, training
from trainers.preflight.plan_machine import setup_of, sharding
from trainers.preflight.sequences import length_of
from trainers.preflight.subject import Subject
from trainers.preflight.untouched import untouched
from trainers.process_memory import NOISE, forget_peak, resident_bytes
from trainers.timing import MEASURED_SPREAD, step_time

log = logging.getLogger("tunegate")

FIRST_STEP: Final = 64 * 2**20
"""Bytes that a process may grow by in its first training besides tensors: 90 to 100 MiB were measured with torch 2.13, of which
`NOISE` covers the rest."""
MEASURED_ROWS: Final = 2000
"""Rows whose length is looked at, spread over all."""
PASSES: Final = 4
"""Passes that are timed; the first also starts threads and kernels, and is left out where there are more."""
PATIENCE_S: Final = 10.0
"""Once passes took this long together, no further one begins."""
LOADED: Final = ("weights", "adapter", "reference", "reward_model")
"""Terms of the estimate that a built trainer already holds."""


def start_of(trainer: Any) -> float | None:
    """Begin a new peak of memory, and return the bytes that the process holds with the trainer built; None: unknown."""
    import torch

    if trainer.accelerator.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    forget_peak()
    return resident_bytes()


def foresee(subject: Subject, held: float | None) -> StageForecast:
    """Return what the stage will take; what cannot be told says why. The trainer is as before afterwards.

    Args:
        subject: a stage whose trainer is built.
        held: bytes that the process held when it was; None where the system does not tell.
    """
    on_gpu = subject.machine.gpu_gib is not None
    return StageForecast(
        memory=_told(subject, lambda: _on_gpu(subject) if on_gpu else _of_process(subject, held)),
        on_gpu=on_gpu,
        step=_told(subject, lambda: _step(subject)),
        steps=_steps(subject),
    )


def _told(subject: Subject, tell: Any) -> Expected:
    """Return what `tell` expects; a look that breaks is no reason to stop a training."""
    try:
        with untouched(subject.trainer):
            found: Expected = tell()
        return found
    except TunegateError as error:
        return Expected(because=str(error))
    except Exception as error:
        log.exception("%s: what it will take cannot be told.", subject.stage.name)
        return Expected(because=f"the look ahead broke ({type(error).__name__}: {str(error)[:200]})")


def _on_gpu(subject: Subject) -> Expected:
    found = estimate(subject.architecture, _setup(subject))
    return _gib(found.low_bytes, found.total_bytes, found.high_bytes, "tensors on a GPU, by `tunegate estimate`")


def _of_process(subject: Subject, held: float | None) -> Expected:
    """Return what the process held, and what a step adds to it."""
    if held is None:
        return Expected(because="this system does not tell the memory of a process")
    found = estimate(subject.architecture, _setup(subject))
    loaded = sum(term.bytes for term in found.terms if term.name in LOADED)
    low, added, high = (max(0.0, end - loaded) for end in (found.low_bytes, found.total_bytes, found.high_bytes))
    because = f"the process held {held / GIB:.2f} GiB, and a step adds {added / GIB:.2f} GiB by `tunegate estimate`"
    return _gib(max(0.0, held + low - NOISE), held + added, held + high + NOISE + FIRST_STEP, because)


def _gib(low: float, value: float, high: float, because: str) -> Expected:
    return Expected(value=round(value / GIB, 4), low=round(low / GIB, 4), high=round(high / GIB, 4), because=because)


def _setup(subject: Subject) -> Setup:
    """Return the setup of the stage with its real longest row, on one of the planned processes."""
    launch = subject.plan.launch
    setup = setup_of(subject, _longest(subject))
    if subject.machine.gpu_gib is None or launch.processes == 1:
        return setup
    return replace(setup, gpus=launch.processes, sharding=SHARDINGS[launch.sharing])


def _longest(subject: Subject) -> int | None:
    """Return the tokens of the longest row that is met; None where answers are sampled or rows are packed."""
    limit = subject.values.get("max_length")
    if subject.needs.samples or subject.values.get("packing"):
        return None
    rows = subject.trainer.train_dataset
    every = range(0, len(rows), math.ceil(len(rows) / MEASURED_ROWS))
    longest = max(length_of(rows[place]) for place in every)
    return min(longest, limit) if isinstance(limit, int) else longest


def _step(subject: Subject) -> Expected:
    """Return the seconds of an optimizer step: passes over batches of the stage's own rows, forward and backward."""
    if subject.needs.samples:
        return _sampling_step(subject)
    if sharding(subject) != "none":
        return Expected(because="weights are divided over processes, and no pass can be timed before they are")
    args = subject.trainer.args
    seconds = _passes(subject, args.per_device_train_batch_size)
    mean = sum(seconds) / len(seconds) * args.gradient_accumulation_steps
    spread = 1 + MEASURED_SPREAD
    low, high = (end * args.gradient_accumulation_steps for end in (min(seconds) / spread, max(seconds) * spread))
    because = f"{len(seconds)} batch{'' if len(seconds) == 1 else 'es'} of its rows timed forward and backward"
    return Expected(value=round(mean, 6), low=round(low, 6), high=round(high, 6), because=because)


def _sampling_step(subject: Subject) -> Expected:
    """Return the seconds of a step that samples its answers, from the GPU's table; a processor has none."""
    import torch

    from trainers.devices import find_device

    why = "answers are sampled, and how long they get decides the time"
    if subject.machine.gpu_gib is None:
        return Expected(because=why)
    name = torch.cuda.get_device_name().removeprefix("NVIDIA ").split(" ")[0]
    try:
        found = step_time(subject.architecture, _setup(subject), find_device(name))
    except UsageError as error:
        return Expected(because=f"{why}; {error}")
    return Expected(value=round(found.seconds, 6), low=round(found.low_s, 6), high=round(found.high_s, 6), because=found.origin)


def _passes(subject: Subject, batch: int) -> list[float]:
    """Return the seconds of passes over batches of rows that are spread over all of them."""
    rows = subject.trainer.train_dataset
    seconds: list[float] = []
    apart = max(1, len(rows) // batch)
    with training(subject):
        while len(seconds) < PASSES and sum(seconds) < PATIENCE_S:
            places = [(each * apart + len(seconds)) % len(rows) for each in range(batch)]
            seconds.append(_pass(subject, [rows[place] for place in places]))
    return seconds[1:] or seconds


def _pass(subject: Subject, rows: list[dict[str, Any]]) -> float:
    import torch

    began = time.perf_counter()
    with subject.trainer.accelerator.autocast():
        loss = loss_of(subject, rows)
    loss.backward()  # type: ignore[no-untyped-call]
    if subject.machine.gpu_gib is not None:
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _steps(subject: Subject) -> int | None:
    """Return the optimizer steps of the stage, as transformers counts them; None where answers are sampled."""
    args = subject.trainer.args
    if args.max_steps > 0:
        return int(args.max_steps)
    if subject.needs.samples:
        return None
    batches = math.ceil(len(subject.trainer.train_dataset) / (args.per_device_train_batch_size * args.world_size))
    an_epoch = max(1, math.ceil(batches / args.gradient_accumulation_steps))
    return math.ceil(float(args.num_train_epochs) * float(an_epoch))
