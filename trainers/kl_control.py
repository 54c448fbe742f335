"""Holding the divergence from the reference near a target, by the weight of its penalty."""

from typing import TYPE_CHECKING, Any, Final

from reports.errors import UsageError
from reports.jsonl import Jsonl
from reports.records.plan import StagePlan
from reports.records.run import MetricPoint
from trainers.methods import METHODS

if TYPE_CHECKING:
    from transformers import TrainerCallback

KL_TARGET: Final = "kl_target"
"""Option of a stage: nats per token away from the reference, as logged under `kl`."""
GAIN: Final = 0.1
LARGEST_ERROR: Final = 0.2
"""Of the target; so that one odd batch moves beta by 2 % at most."""


def next_beta(beta: float, kl: float, target: float, steps: int = 1) -> float:
    """Return the weight of the penalty after `steps` steps at a divergence `kl`, in the unit of `target`.

    The proportional controller of Ziegler et al. (arXiv 1909.08593, section 2.2): the relative error, clipped, raises the
    weight where the policy is too far away and lowers it where it is too near.
    """
    error = min(LARGEST_ERROR, max(-LARGEST_ERROR, kl / target - 1))
    return float(beta * (1 + GAIN * error) ** steps)


def kl_target(stage: StagePlan) -> float | None:
    """Return the target of a stage, None where beta stays as planned.

    Raises:
        UsageError: the target is no positive number, or the stage has no penalty to control.
    """
    target, beta = stage.values().get(KL_TARGET), stage.values().get("beta")
    if target is None:
        return None
    if isinstance(target, bool) or not isinstance(target, int | float) or target <= 0:
        raise UsageError(f"{stage.name}: {KL_TARGET} = {target}. Give nats per token, for example 0.1, or none.")
    if not METHODS[stage.method].samples or not isinstance(beta, int | float) or beta <= 0:
        raise UsageError(
            f"{stage.name}: {KL_TARGET} moves beta while RLOO or GRPO train, and this is {METHODS[stage.method].title} with "
            f"beta = {beta}. Leave {KL_TARGET} out, or start such a stage with a beta above 0."
        )
    return float(target)


def kl_callback(trainer: Any, target: float, metrics: Jsonl[MetricPoint]) -> "TrainerCallback":
    """Return the callback that moves the trainer's beta at every log, and logs it; a resumed stage goes on with the last one."""
    from transformers import TrainerCallback

    class KlCallback(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Reads `kl` from the log and adds `beta` to it."""

        logged_at = 0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.logged_at = state.global_step
            known = [point.values.get("beta") for point in metrics.read() if 0 < point.step <= state.global_step]
            trainer.beta = next((beta for beta in reversed(known) if beta is not None), trainer.beta)

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float], **_: Any) -> None:
            if "kl" not in logs:
                return
            trainer.beta = next_beta(trainer.beta, logs["kl"], target, state.global_step - self.logged_at)
            self.logged_at = state.global_step
            logs["beta"] = trainer.beta

    return KlCallback()
