"""What a stage of the plan becomes in one of several processes, and what it needs there."""

from importlib.util import find_spec

from reports.errors import MissingError
from reports.records.plan import StagePlan
from trainers.launching.batches import share_batch


def stage_here(stage: StagePlan, processes: int) -> StagePlan:
    """Return the stage as this process trains it; see `share_batch` and `require_vllm` for the errors."""
    require_vllm(stage)
    return share_batch(stage, processes)


def require_vllm(stage: StagePlan) -> None:
    """Raise MissingError where the plan samples through vLLM and it is not installed here."""
    if stage.values().get("use_vllm") is True and find_spec("vllm") is None:
        raise MissingError(
            f"{stage.name}: use_vllm = True, but vLLM is not installed here. Install the extra `tunegate[vllm]` on a machine "
            f"with a GPU, or leave {stage.name}.use_vllm out: transformers then samples the answers, slower."
        )
