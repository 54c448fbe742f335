"""The rollout plan of a report: ninety days in steps, what to watch in each, and how many prompts would prove a margin."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from reports.contents import Contents
from reports.records.gates import GateResult
from reports.records.plan import SafetyClass
from reports.wording import SHARES

SHARES_OF_TRAFFIC: Final[dict[SafetyClass, tuple[float, ...]]] = {
    "low": (0.05, 0.25, 0.5, 1.0),
    "moderate": (0.01, 0.05, 0.25, 1.0),
    "high": (0.001, 0.01, 0.1, 0.5),
}
"""Of the requests, in the canary steps; the more a mistake costs, the fewer people meet it."""
DAYS: Final = ((8, 14), (15, 30), (31, 60), (61, 90))
SHADOW_DAYS: Final = (1, 7)


class Step(NamedTuple):
    """One step of the plan."""

    days: str
    name: str
    who: str
    go_on: str
    go_back: str


class Watched(NamedTuple):
    """A gate to keep measuring on real requests."""

    title: str
    demand: GateResult
    prompts: int | None
    """Real prompts without a single loss that would prove the margin; None where values are no shares."""


def steps_of(contents: Contents) -> tuple[Step, ...]:
    """Return shadow and canary steps, at the pace of the run's safety class."""
    safety = contents.plan.safety_class if contents.plan else "moderate"
    most = max((one.prompts or 0 for one in watched(contents)), default=0)
    enough = f"{most:,} real prompts were answered by both and no watched gate fails" if most else "no watched gate fails"
    return (
        Step(
            _days(SHADOW_DAYS),
            "Shadow",
            "nobody: both models answer copies of real requests, and people see the baseline's answer",
            f"{enough}; people have read the answers that differ most",
            "a gate fails on real requests: they differ from the prompts it was measured on",
        ),
        *(
            Step(
                _days(days),
                "Full" if share == 1 else f"Canary {number_of(share)}",
                "everybody; the baseline stays loaded" if share == 1 else f"{number_of(share)} of the requests, the same people",
                "ninety days without a failed gate end the watch" if days == DAYS[-1] else enough,
                "a gate fails, or complaints about the candidate exceed those about the baseline; going back is one switch",
            )
            for days, share in zip(DAYS, SHARES_OF_TRAFFIC[safety], strict=True)
        ),
    )


def watched(contents: Contents) -> tuple[Watched, ...]:
    """Return the required gates, with the prompts that would prove each margin."""
    results = contents.gates.results if contents.gates else ()
    return tuple(Watched(result.title, result, prompts_without_loss(result)) for result in results if result.required)


def prompts_without_loss(result: GateResult) -> int | None:
    """Return the fewest prompts that, without one loss, bound the rate of loss below the margin at the gate's level.

    Exact for one rate (Clopper and Pearson, Biometrika 26, 1934): (1 − margin)ⁿ ≤ level.
    """
    if result.kind == "superiority" or result.unit not in SHARES or not 0 < result.margin < 1:
        return None
    return math.ceil(math.log(result.level) / math.log(1 - result.margin))


def number_of(share: float) -> str:
    """Return a share of traffic as people say it."""
    return f"{share * 100:g} %"


def _days(days: Sequence[int]) -> str:
    return f"{days[0]} to {days[1]}"
