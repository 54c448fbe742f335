"""Sixteen rows in one batch, or in several that are accumulated: the same losses, or a stated reason why not."""

from importlib import import_module
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from reports.progress import ProgressLog
from reports.records.plan import Method, RewardPlan
from reports.records.recommendation import Strategy
from tests.trainers.tiny_run import make_tiny_run, write_rows

SHORT = (RewardPlan(name="short", kind="length-band", options={"low": 1, "high": 6, "unit": "characters"}),)
STRATEGIES: dict[Method, Strategy] = {
    "sft": "sft", "dpo": "dpo", "kto": "kto", "orpo": "orpo", "reward": "rlhf", "rloo": "rlhf", "grpo": "rft",
}  # fmt: skip
SHAPES = ((8, 1), (2, 4), (1, 8))
TOLERANCE = 1e-5
"""Of a loss; sums of float32 differ in the sixth digit with the order they are taken in."""

Curve = dict[int, dict[str, float | None]]

pytestmark = pytest.mark.training


def curve_of(folder: Path, method: Method, batch: int, accumulated: int, pairs: list[dict[str, Any]], **options: str) -> Curve:
    """Train one pass at a rate that moves the weights, unwatched, and return what was logged at each step."""
    chosen = {
        "per_device_train_batch_size": str(batch),
        "gradient_accumulation_steps": str(accumulated),
        "num_train_epochs": "1",
        "logging_steps": "1",
        "save_steps": "1000",
        "learning_rate": "1e-3",
    }
    tiny = make_tiny_run(
        folder / f"{batch}x{accumulated}", STRATEGIES[method], rows=24, overrides={**chosen, **options}, rewards=SHORT
    )
    for split in ("sft", "pairs", "unpaired", "prompts", "judge"):
        tiny.run.split(f"{split}_eval").unlink()
    if pairs:
        write_rows(tiny.run.split("pairs_train"), pairs)
    for needed in ("sft", method) if method == "rloo" else (method,):
        stage = tiny.stage(needed)
        import_module(f"trainers.{needed}").train(tiny.run, tiny.plan, stage, ProgressLog(tiny.run))
    return {point.step: point.values for point in tiny.run.stage_metrics(stage.name).read()}


def curves(
    folder: Path,
    method: Method,
    *shapes: tuple[int, int],
    pairs: list[dict[str, Any]] | None = None,
    **options: str,
) -> list[Curve]:
    found = [curve_of(folder, method, batch, accumulated, pairs or [], **options) for batch, accumulated in shapes]
    assert all(curve.keys() == found[0].keys() and len(curve) >= 3 for curve in found)
    return found


def gap(found: list[Curve], metric: str) -> float:
    """Return the largest difference of a metric from the first curve, over all steps."""
    differences = [
        abs(float(curve[step][metric] or 0) - float(values[metric] or 0))
        for curve in found[1:]
        for step, values in found[0].items()
    ]
    return max(differences)


@pytest.mark.parametrize("method", ["sft", "dpo", "reward", "rloo", "grpo"])
def test_the_losses_do_not_depend_on_how_a_step_is_split(tmp_path: Path, method: Method) -> None:
    found = curves(tmp_path, method, *SHAPES)
    assert gap(found, "loss") < TOLERANCE
    assert gap(found, "grad_norm") < 10 * TOLERANCE
    if method in ("rloo", "grpo"):
        assert gap(found, "reward") == 0


def test_orpos_likelihood_is_a_mean_over_the_tokens_of_each_batch(tmp_path: Path) -> None:
    found = curves(tmp_path, "orpo", *SHAPES)
    assert TOLERANCE < gap(found, "loss") < 0.02


def test_orpo_on_answers_of_one_length_does_not_depend_on_how_a_step_is_split(tmp_path: Path) -> None:
    pairs = [
        {"prompt": turn("user", "Q"), "chosen": turn("assistant", f"Z{one}"), "rejected": turn("assistant", f"{one}ZZ")}
        for one in map("".join, list(permutations("QXKZ"))[:24])
    ]
    found = curves(tmp_path, "orpo", *SHAPES, pairs=pairs)
    assert gap(found, "loss") < TOLERANCE


def turn(role: str, text: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


def test_ktos_reference_point_is_estimated_in_each_batch(tmp_path: Path) -> None:
    found = curves(tmp_path, "kto", (8, 1), (2, 4))
    assert gap(found, "kl") > 0.001
    assert gap(found, "loss") < 0.01


def test_kto_without_that_estimate_does_not_depend_on_how_a_step_is_split(tmp_path: Path) -> None:
    found = curves(tmp_path, "kto", *SHAPES, loss_type="apo_zero_unpaired")
    assert gap(found, "loss") < TOLERANCE
