"""From the plan's rewards to functions that a trainer calls: the library, installed plugins, and the user's own."""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

from evals.plugins.installed import installed, load
from evals.rewards import (
    endpoint_judge,
    exact_answer,
    json_schema,
    length_band,
    numeric_answer,
    pattern,
    reward_model,
    tool_call,
    unit_tests,
    word_lists,
)
from evals.rewards.answers import Rewarder
from evals.rewards.calling import Rewards, call_reward, load_function
from evals.rewards.kinds import Ask, Kind, Place, nearest
from reports.errors import UsageError
from reports.records.intake import Value
from reports.records.plan import RewardComponent, RewardPlan

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        exact_answer.KIND,
        numeric_answer.KIND,
        pattern.KIND,
        json_schema.KIND,
        length_band.KIND,
        word_lists.FORBIDDEN,
        word_lists.REQUIRED,
        tool_call.KIND,
        unit_tests.KIND,
        reward_model.KIND,
        endpoint_judge.KIND,
    )
}
OWN: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
"""`module:function` of the user's."""
SEPARATOR: Final = re.compile(r"(?<!\\)[;,](?=[a-z_]+=)")
COMPONENTS: Final[dict[str, RewardComponent]] = {name: name for name in get_args(RewardComponent)}


class Reward(NamedTuple):
    """One reward, ready to be called."""

    name: str
    component: RewardComponent
    weight: float
    function: Rewarder
    """Its `__name__` is `name`, under which trainers log it."""


def build_rewards(
    plans: Sequence[RewardPlan], folder: str = "", models: Mapping[str, Path] | None = None, ask: Ask | None = None
) -> tuple[Reward, ...]:
    """Return the rewards of a plan in its order.

    Args:
        plans: what to build; names must differ.
        folder: where modules of the user's and files of options are looked for.
        models: trained reward models by the name of their stage.
        ask: what judges in place of the endpoint that a plan names.

    Raises:
        UsageError: a kind, an option or a value is none that can be used; the message names the nearest.
        MissingError: an installed plugin is broken, or the machine lacks what a reward needs.
    """
    for name, count in Counter(plan.name for plan in plans).items():
        if count > 1:
            raise UsageError(f"--reward: {count} rewards are called '{name}'. Give each a name of its own with name=….")
    place = Place(folder, models or {}, ask)
    return tuple(Reward(plan.name, plan.component, _weight(plan), _named(plan, place)) for plan in plans)


def parse_reward(text: str) -> RewardPlan:
    r"""Read a reward from the command line: `KIND`, `KIND:OPTION=VALUE;OPTION=VALUE`, or the same behind `module:function`.

    Options end where `;` or `,` stands before the next `name=`; `\;` and `\,` keep one inside a value. Besides the
    kind's own options there are `weight` (1), `component` (the kind's) and `name` (the kind).

    Raises:
        UsageError: the text cannot be read, or the kind is not known.
    """
    kind, given = _split(text)
    options = _assignments(text, given)
    known = KINDS.get(kind)
    component = options.pop("component", known.component if known else "accuracy")
    name = options.pop("name", kind.rpartition(":")[2] if ":" in kind else kind)
    weight = options.pop("weight", "1")
    if component not in COMPONENTS:
        raise UsageError(f"--reward {text}: component={component}: expected one of {', '.join(COMPONENTS)}.")
    values: dict[str, Value] = {**options}
    if known:
        known.settings(f"--reward {text}", values, Place())
    return RewardPlan(
        name=name,
        kind=kind,
        component=COMPONENTS[component],
        weight=_as_weight(text, weight),
        options=values,
        because="given on the command line",
    )


def total(rewards: Sequence[Reward], scores: Sequence[Sequence[float | None]]) -> list[float | None]:
    """Return the weighted sum for each answer, as the trainers add up: a reward that does not apply counts nothing.

    Args:
        rewards: in any order.
        scores: for each reward, one score an answer.

    Returns:
        One number an answer; None where no accuracy reward applies (where there are none: no reward at all), for safety
        and efficiency alone do not say whether an answer is good.
    """
    has_accuracy = any(reward.component == "accuracy" for reward in rewards)
    deciding = [not has_accuracy or reward.component == "accuracy" for reward in rewards]
    return [
        sum(reward.weight * score for reward, score in zip(rewards, row, strict=True) if score is not None)
        if any(decides and score is not None for decides, score in zip(deciding, row, strict=True))
        else None
        for row in zip(*scores, strict=True)
    ]


def _named(plan: RewardPlan, place: Place) -> Rewarder:
    inner = _build(plan, place)

    def reward(completions: Sequence[Any], **given: Any) -> Rewards:
        return inner(completions, **given) if completions else []

    reward.__name__ = reward.__qualname__ = plan.name
    return reward


def _build(plan: RewardPlan, place: Place) -> Rewarder:
    title = f"reward '{plan.name}'"
    if plan.kind in KINDS:
        kind = KINDS[plan.kind]
        return kind.build(kind.settings(title, plan.options, place))
    if plan.kind in installed("reward"):
        return _foreign(plan, load("reward", plan.kind))
    if OWN.fullmatch(plan.kind):
        return _foreign(plan, load_function(plan.kind, place.folder))
    known = {**KINDS, **installed("reward")}
    raise UsageError(
        f"{title}: there is no kind '{plan.kind}'{nearest(plan.kind, known)}. "
        f"Kinds: {', '.join(known)}, or module:function of your own."
    )


def _foreign(plan: RewardPlan, function: Callable[..., Any]) -> Rewarder:
    """Return a function of somebody else's, called with the options by name and checked in what it returns."""

    def reward(completions: Sequence[Any], **given: Any) -> Rewards:
        found = call_reward(plan.kind, function, {"completions": completions, **given, **plan.options}, len(completions))
        for value in found:
            if value is not None and math.isinf(value):
                raise UsageError(f"--reward {plan.kind}: a reward is {value}. Return finite numbers, or None.")
        return found

    return reward


def _split(text: str) -> tuple[str, str]:
    """Return the kind and the text of its options."""
    head, _, rest = text.partition(":")
    known = {**KINDS, **installed("reward")}
    if head in known:
        return head, rest
    name, *options = SEPARATOR.split(text, maxsplit=1)
    if OWN.fullmatch(name):
        return name, options[0] if options else ""
    raise UsageError(
        f"--reward {text}: there is no kind '{head}'{nearest(head, known)}. "
        f"Kinds: {', '.join(known)}, or module:function of your own."
    )


def _assignments(text: str, given: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in SEPARATOR.split(given) if given else ():
        name, equals, value = part.partition("=")
        if not (equals and name):
            raise UsageError(f"--reward {text}: expected NAME=VALUE behind the colon, seen {part!r}.")
        if name in found:
            raise UsageError(f"--reward {text}: {name} is given twice.")
        found[name] = re.sub(r"\\([;,])", r"\1", value)
    return found


def _weight(plan: RewardPlan) -> float:
    return _as_weight(plan.name, plan.weight)


def _as_weight(title: str, weight: object) -> float:
    try:
        number = float(str(weight))
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < 0:
        raise UsageError(f"--reward {title}: weight={weight}: expected a number from 0. What should cost is scored lower.")
    return number
