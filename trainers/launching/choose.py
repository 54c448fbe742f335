"""What several processes share: the least that fits into memory and works with the methods of the plan."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from reports.errors import UsageError
from reports.records.intake import Value
from reports.records.plan import LaunchPlan, Plan, Sharing, StagePlan
from trainers.architecture import Architecture
from trainers.launching.batches import ACCUMULATION, BATCH, share_batch
from trainers.memory import GIB, Estimate, estimate
from trainers.memory_advice import judge
from trainers.memory_setup import REFERENCED, Setup, Sharding
from trainers.methods import METHODS

NAMES: Final[dict[Sharing, str]] = {"ddp": "DDP", "fsdp2": "FSDP2", "zero3": "ZeRO-3"}
SHARDINGS: Final[dict[Sharing, Sharding]] = {"single": "none", "ddp": "ddp", "fsdp2": "fsdp", "zero3": "zero3"}
NO_BF16: Final = frozenset({"T4"})


class Machines(NamedTuple):
    """Where a run is to train."""

    processes: int
    """On all machines together, one for each GPU."""
    nodes: int = 1
    gpu: str = ""
    """Name of the GPU; empty: the processor."""
    gpu_gib: float = 0.0
    """Memory of one GPU."""


def choose_launch(plan: Plan, shape: Architecture, machines: Machines, wanted: Sharing | None = None) -> LaunchPlan:
    """Return how the processes of a run share it: DDP where the model fits on each GPU, else FSDP2, else ZeRO-3.

    Args:
        wanted: what a person asked for; it need not fit, only work.

    Raises:
        UsageError: the rows of a step cannot be divided, the methods rule out what is wanted, or nothing fits.
    """
    _check(plan, machines)
    if machines.processes == 1:
        return _launch(plan, machines, "single", "One process was asked for.")
    if not machines.gpu:
        if wanted not in (None, "ddp"):
            raise UsageError(f"--sharding {wanted}: only GPUs share a model. Leave it out, or name the GPU with --gpu.")
        return _launch(plan, machines, "ddp", "Processors: each process holds the whole model.")
    if wanted is not None:
        if reasons := tuple(barriers(plan, wanted)):
            raise UsageError(f"--sharding {wanted}: {reasons[0]} Leave --sharding out to see what works.")
        return _launch(plan, machines, wanted, "Set by hand.")
    return _least(plan, shape, machines)


def barriers(plan: Plan, sharing: Sharing) -> Iterator[str]:
    """Yield why the stages of a plan cannot be shared so; nothing where they can."""
    name = NAMES[sharing]
    divides = sharing in ("fsdp2", "zero3")
    if divides and plan.parameters == "qlora":
        yield f"{name} cannot divide the 4-bit weights of QLoRA as bitsandbytes stores them; choose LoRA, or DDP."
    for stage in _stages(plan):
        title, samples = METHODS[stage.method].title, METHODS[stage.method].samples
        if sharing == "zero3" and _has_reference(stage):
            others = "DDP" if samples else "FSDP2 or DDP"
            yield f"{stage.name}: {name} is reported to fail with the frozen reference of {title}; choose {others}."
        if sharing == "fsdp2" and samples:
            yield f"{stage.name}: {title} samples answers, which is slow and untested on weights that {name} divides; choose DDP."


def hungriest(plan: Plan, shape: Architecture, machines: Machines, sharing: Sharing) -> Estimate:
    """Return the estimate of the stage that needs the most memory of one GPU."""
    found = [estimate(shape, setup_of(plan, stage, machines, sharing)) for stage in _stages(plan)]
    return max(found, key=lambda each: each.total_bytes)


def setup_of(plan: Plan, stage: StagePlan, machines: Machines, sharing: Sharing) -> Setup:
    """Return what decides the memory of a stage in one of the processes."""
    values = share_batch(stage, machines.processes).values()
    answer = _whole(values.get("max_completion_length"), 256)
    length = _whole(values.get("max_length"), plan.model.context_length or 1024)
    return Setup(
        method=stage.method,
        parameters=plan.parameters,
        precision="bf16-mixed" if plan.parameters == "full" else "bf16",
        batch=_whole(values.get(BATCH), 8),
        accumulation=_whole(values.get(ACCUMULATION), 1),
        length=max(length, answer + 1),
        completion_length=answer,
        checkpointing=values.get("gradient_checkpointing") is True,
        rank=_whole(values.get("lora_r"), 16),
        gpus=machines.processes,
        sharding=SHARDINGS[sharing],
        reference=_has_reference(stage),
    )


def _least(plan: Plan, shape: Architecture, machines: Machines) -> LaunchPlan:
    """Return the first that surely fits, else the first that may."""
    reasons: list[str] = []
    unsure: LaunchPlan | None = None
    for sharing in ("ddp", "fsdp2", "zero3"):
        if found := tuple(barriers(plan, sharing)):
            reasons.append(found[0])
            continue
        need = hungriest(plan, shape, machines, sharing)
        state = judge(need, machines.gpu_gib).state
        words = (
            f"{NAMES[sharing]} needs about {need.total_gib:.1f} GiB a GPU "
            f"({need.low_bytes / GIB:.1f} to {need.high_bytes / GIB:.1f}) of {machines.gpu_gib:.1f}."
        )
        if state == "fits":
            return _launch(plan, machines, sharing, " ".join((words, *reasons)))
        if state == "unclear" and unsure is None:
            unsure = _launch(plan, machines, sharing, " ".join((words, "It may not fit.", *reasons)))
        reasons.append(words)
    if unsure is not None:
        return unsure
    raise UsageError(
        f"{machines.processes} x {machines.gpu}: nothing fits. {' '.join(reasons)} `tunegate estimate` shows what would; fewer "
        "rows at once or checkpointing with --set, more or larger GPUs with --processes and --gpu, or --sharding to try it."
    )


def _check(plan: Plan, machines: Machines) -> None:
    if machines.processes < 1 or machines.nodes < 1 or machines.processes % machines.nodes:
        raise UsageError(
            f"--processes {machines.processes} --nodes {machines.nodes}: every machine runs as many processes as the others. "
            "Give a number of processes, all machines together, that the number of machines divides."
        )
    for stage in _stages(plan):
        share_batch(stage, machines.processes)


def _stages(plan: Plan) -> tuple[StagePlan, ...]:
    return (*plan.stages, *((plan.judge,) if plan.judge else ()))


def _has_reference(stage: StagePlan) -> bool:
    """Say whether TRL compares the stage with a frozen reference: GRPO only if it weighs the divergence."""
    return stage.method in REFERENCED or (stage.method == "grpo" and bool(stage.values().get("beta")))


def _launch(plan: Plan, machines: Machines, sharing: Sharing, because: str) -> LaunchPlan:
    off = any(stage.values().get("bf16") is False for stage in _stages(plan))
    mixed = bool(machines.gpu) and machines.gpu not in NO_BF16 and not off
    return LaunchPlan(
        processes=machines.processes,
        nodes=machines.nodes,
        sharing=sharing,
        gpu=machines.gpu,
        mixed_precision="bf16" if mixed else "no",
        origin="user" if because == "Set by hand." else "rule",
        because=because,
    )


def _whole(value: Value, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
