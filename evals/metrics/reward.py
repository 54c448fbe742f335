"""Reward: what the rewards that a model was trained on give to both sides' answers, on prompts it was not trained on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from evals.data.keys import prompt_key
from evals.data.splits import read_split
from evals.metrics.estimates import Named, mean_metric, rate_metric
from evals.metrics.measured import Measured
from evals.rewards.library import Reward, build_rewards, total
from reports.records.evaluation import Completion, Metric, PairedValue, Side, SuiteItem
from reports.records.plan import Plan
from reports.rundir import RunDir

SPLIT: Final = "prompts_eval"
"""Held-out prompts with all columns of their rows."""
NAMED: Final = Named(
    name="reward",
    title="Reward on held-out prompts",
    suite="target",
    unit="reward",
    direction="higher",
    method="weighted sum of the plan's rewards for one greedy answer a prompt",
)


class Rewarded(NamedTuple):
    """Rewards of both sides' answers by prompt id; None where no reward applies or the answer is missing."""

    totals: Mapping[Side, Mapping[str, float | None]]
    applies: frozenset[str]
    """Prompts that some reward applies to."""


def reward_models(run: RunDir, plan: Plan) -> dict[str, Path]:
    """Return where the reward models lie that the plan trains, by the names of their stages."""
    return {stage.name: run.adapter(stage.name) for stage in plan.stages if stage.method == "reward"}


def score_answers(
    run: RunDir, plan: Plan, items: Sequence[SuiteItem], completions: Mapping[Side, Mapping[str, Completion]]
) -> Rewarded | None:
    """Give the plan's rewards to the answers on held-out prompts whose rows reinforcement reads; None without rewards.

    Raises:
        UsageError, MissingError: a reward cannot be built any more.
    """
    if not plan.rewards:
        return None
    rewards = build_rewards(plan.rewards, folder=str(Path.cwd()), models=reward_models(run, plan))
    columns = {prompt_key(row["prompt"]).hex(): row for row in _rows(run)}
    totals: dict[Side, dict[str, float | None]] = {}
    for side, lines in completions.items():
        asked = [item for item in items if item.suite == "target" and item.id in columns]
        asked = [item for item in asked if item.id in lines and lines[item.id].completion is not None]
        found = _score(rewards, asked, [str(lines[item.id].completion) for item in asked], columns)
        totals[side] = {item.id: value for item, value in zip(asked, found, strict=True)}
    applies = frozenset(name for found in totals.values() for name, value in found.items() if value is not None)
    return Rewarded(totals, applies)


def reward(measured: Measured, rewarded: Rewarded) -> Metric:
    """Return the reward of both sides on the same prompts; prompts that no reward applies to are left out."""
    items = [item for item in measured.of("target") if item.id in rewarded.applies]
    pairs = [
        PairedValue(
            prompt_id=item.id,
            baseline=rewarded.totals["baseline"].get(item.id),
            candidate=rewarded.totals["candidate"].get(item.id),
            family=item.family,
        )
        for item in items
    ]
    values = {value for pair in pairs for value in (pair.baseline, pair.candidate) if value is not None}
    left_out = len(measured.of("target")) - len(items)
    because = f"No reward applies to {left_out} further prompts." if left_out else ""
    if values <= {0.0, 1.0}:
        return rate_metric(NAMED._replace(unit="rate"), pairs, because)
    return mean_metric(NAMED, pairs, because)


def _rows(run: RunDir) -> list[dict[str, Any]]:
    path = run.split(SPLIT)
    return read_split(path) if path.is_file() else []


def _score(
    rewards: Sequence[Reward], items: Sequence[SuiteItem], answers: Sequence[str], columns: Mapping[str, Mapping[str, Any]]
) -> list[float | None]:
    """Call the rewards as the trainers do, with every column of the prompts' rows."""
    if not items:
        return []
    rows = [columns[item.id] for item in items]
    names = {name for row in rows for name in row} - {"prompt"}
    is_text = isinstance(items[0].prompt, str)
    given = {
        **{name: [row.get(name) for row in rows] for name in sorted(names)},
        "prompts": [_prompt(item) for item in items],
        "completions": list(answers) if is_text else [[{"role": "assistant", "content": answer}] for answer in answers],
    }
    return total(rewards, [one.function(**given) for one in rewards])


def _prompt(item: SuiteItem) -> Any:
    if isinstance(item.prompt, str):
        return item.prompt
    return [{"role": turn.role, "content": turn.content} for turn in item.prompt]
