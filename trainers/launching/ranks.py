"""The processes that train one stage together: the first one decides and writes, the others hear of it.

Everything here does nothing, or returns what it was given, where a run has one process.
"""

import contextlib
import os
from collections.abc import Mapping, MutableMapping
from datetime import timedelta
from typing import Any, Final, NamedTuple, TypeVar

from reports.errors import StageError, TunegateError, UsageError
from reports.records.plan import LaunchPlan
from trainers.launching.weights import SHARING

T = TypeVar("T")

PATIENCE: Final = timedelta(days=7)
"""How long a process waits for the first one, which may check data for hours; one that died is noticed at once."""
FAILURE: Final = "tunegate/failure"
"""Key of the shared store under which a process says why it ended."""
LOST: Final = ("connection closed", "connection reset", "broken pipe", "connection refused", "gloo/", "nccl", "distbackenderror")
"""What libraries say when another process is gone."""
PLACED: Final = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "ROLE_RANK", "ROLE_WORLD_SIZE")


class Place(NamedTuple):
    """Which of the processes of a run this is."""

    rank: int
    world: int
    """Number of processes."""
    local_rank: int
    """The same as rank, counted on this machine."""

    @property
    def is_first(self) -> bool:
        """Whether this process decides and writes."""
        return self.rank == 0


class _Crew(NamedTuple):
    store: Any
    """Texts that all processes can read."""
    control: Any
    """A group for decisions: on the processor, so that no GPU waits for them, and with more patience."""


_joined: list[_Crew] = []


def here(environment: Mapping[str, str] = os.environ) -> Place:
    """Return the place that `torchrun` or `accelerate launch` gave to this process; alone without them."""
    rank, world, local = (int(environment.get(name, low)) for name, low in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0)))
    return Place(rank, world, local)


def require_world(launch: LaunchPlan, place: Place) -> None:
    """Raise UsageError where other than the planned number of processes was started."""
    if place.world == launch.processes:
        return
    quiet = " `accelerate launch --cpu --num_processes N` starts one process, whatever N is." if place.world == 1 else ""
    raise UsageError(
        f"The plan is for {_count(launch.processes)}, and {_count(place.world)} started.{quiet} The step would be of another "
        "size than planned. Start it with the command in launch/command.txt, or with `tunegate run RUN`; "
        f"for {_count(place.world)}, make a new run with `--launch local --processes {place.world}`."
    )


def see_one_gpu(environment: MutableMapping[str, str]) -> None:
    """Let a run of one process see one GPU: on several the trainer would split batches and make the step larger."""
    environment["CUDA_VISIBLE_DEVICES"] = environment.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]


def join(place: Place) -> None:
    """Connect this process with the others of the run, until `part` is called or the process ends."""
    if place.world > 1:
        _connect(place)


def part() -> None:
    """Leave the others; from here on this process is alone, and libraries take it for that."""
    if not _joined:
        return
    import torch.distributed as dist
    from accelerate.state import AcceleratorState, GradientState, PartialState

    meet()
    _joined.clear()
    dist.destroy_process_group()
    for state in (AcceleratorState, GradientState, PartialState):
        state._reset_state()
    for name in (*PLACED, *SHARING):
        os.environ.pop(name, None)


def is_first() -> bool:
    """Say whether this process decides and writes."""
    return here().is_first


def meet() -> None:
    """Wait until every process of the run is here."""
    if _joined:
        import torch.distributed as dist

        dist.barrier(group=_joined[0].control)


def from_first(value: T) -> T:
    """Return the value that the first process has; every process calls this at the same point."""
    if not _joined:
        return value
    import torch.distributed as dist

    box = [value]
    dist.broadcast_object_list(box, src=0, group=_joined[0].control)
    return box[0]


def tell_failure(text: str) -> None:
    """Leave a reason for the first process to find; the first one left counts."""
    if _joined:
        with contextlib.suppress(RuntimeError):  # where the store is gone, so is whoever would read it
            _joined[0].store.compare_set(FAILURE, "", text)


def as_told(error: Exception, step: str) -> Exception:
    """Return the reason that another process left, where `error` only says that it is gone; else the error itself."""
    if not _joined or isinstance(error, TunegateError):
        return error
    text = f"{type(error).__name__}: {error}".lower()
    if reason := _told():
        return StageError(reason)
    if any(sign in text for sign in LOST):
        return StageError(
            f"{step}: another process of this run ended without a word (killed, or out of memory), so all of them were ended. "
            "Everything saved is kept: continue with `tunegate run RUN`."
        )
    return error


def _told() -> str:
    with contextlib.suppress(RuntimeError):
        store = _joined[0].store
        if store.check([FAILURE]):
            return str(store.get(FAILURE).decode())
    return ""


def _connect(place: Place) -> None:
    import torch
    import torch.distributed as dist
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    gpu = torch.cuda.is_available() and os.environ.get("ACCELERATE_USE_CPU", "false").lower() not in ("true", "1")
    if gpu:
        torch.cuda.set_device(place.local_rank % torch.cuda.device_count())
    else:
        os.environ["ACCELERATE_USE_CPU"] = "true"  # or accelerate takes each process for the only one
    store, _, _ = next(rendezvous("env://"))
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpu else "gloo", store=store, rank=place.rank, world_size=place.world)
    _joined.append(_Crew(PrefixStore("tunegate", store), dist.new_group(backend="gloo", timeout=PATIENCE)))


def _count(processes: int) -> str:
    return "one process" if processes == 1 else f"{processes} processes"
