"""Format: the share of answers that look as they must, by a regular expression or a JSON schema."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from evals.metrics.estimates import Named, rate_metric
from evals.metrics.measured import Measured, pair_answers, why_missing
from evals.rewards.library import build_rewards
from reports.errors import UsageError
from reports.records.evaluation import Metric
from reports.records.plan import GatePlan, RewardPlan

METRIC: Final = "format"


def format_metric(measured: Measured, formats: Sequence[RewardPlan]) -> Metric:
    """Return the share of answers that fit every format, on the prompts of the suite `format`, else on the target prompts."""
    items = measured.of("format") or measured.of("target")
    rewards = build_rewards(formats)
    named = Named(
        name=METRIC,
        title="Answers in the asked format",
        suite=items[0].suite if items else "target",
        unit="rate",
        direction="higher",
        method=f"share of answers that fit {' and '.join(one.because for one in formats)}",
    )

    def fits(answers: Sequence[str]) -> list[float]:
        scores = [reward.function(completions=list(answers)) for reward in rewards]
        return [float(all(score == 1 for score in found)) for found in zip(*scores, strict=True)]

    pairs = pair_answers(measured, items, fits)
    return rate_metric(named, pairs, why_missing(measured, pairs))


def format_plans(regex: str, schema: Path | None) -> tuple[RewardPlan, ...]:
    """Return the formats that a person asked for; the schema itself becomes part of the plan, so that it cannot change later.

    Raises:
        UsageError: the expression or the schema cannot be used.
    """
    plans = []
    if regex:
        plans.append(RewardPlan(name="regex", kind="regex", options={"pattern": regex}, because=f"the expression {regex}"))
    if schema is not None:
        try:
            text = schema.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--format-schema {schema}: cannot be read ({error}). Give a file with a JSON schema.") from error
        told = f"the JSON schema {schema.name}"
        plans.append(RewardPlan(name="json-schema", kind="json-schema", options={"schema": text}, because=told))
    _try(plans)
    return tuple(plans)


def format_gate() -> GatePlan:
    """Return the gate of a format: no more answers may miss it than the baseline's."""
    return GatePlan(
        name=METRIC,
        metric=METRIC,
        title="Answers in the asked format",
        kind="non-inferiority",
        margin=0.05,
        minimum_n=30,
        because="What reads the answers breaks on those that do not fit. Of 120 at most one may be lost (3.9 points at worst).",
    )


def _try(plans: Sequence[RewardPlan]) -> None:
    """Give each format an answer, so that one that cannot be used is refused before anything trains."""
    for plan in plans:
        try:
            build_rewards([plan])[0].function(completions=["{}"])
        except UsageError as error:
            raise UsageError(f"--format-{plan.kind.removeprefix('json-')}: {str(error).removeprefix('--reward ')}") from error
