"""From the harness's samples to one value a question, whatever kind of task it is."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from reports.records.capability import TaskAnswer

SHOWN: Final = 1000
"""Characters of a prompt that are kept, from its end: the examples before a question are many."""
RIGHT: Final = frozenset({"acc", "acc_norm", "acc_mutual_info", "exact_match"})
"""Metrics that are 1 where the right option was chosen, so that guessing has a known value."""


class Scored(NamedTuple):
    """The answers to a task on one metric."""

    metric: str
    higher_is_better: bool
    chance: float | None
    answers: tuple[TaskAnswer, ...]
    because: str = ""
    """Why there are none."""


def read_samples(task: Any, samples: Sequence[Mapping[str, Any]], asked_for: str = "") -> Scored:
    """Return each question's value on a metric: `asked_for`, with or without its filter, else the first that has numbers."""
    usable = _usable(samples)
    fitting = [(metric, name) for metric, name in usable if asked_for in ("", metric, f"{metric},{name}")]
    if not fitting:
        return Scored(asked_for, True, None, (), _no_metric(usable, asked_for))
    metric, filtered = fitting[0]
    kept = [sample for sample in samples if sample["filter"] == filtered]
    higher = (task.higher_is_better() or {}).get(metric)
    return Scored(
        metric=metric if filtered == "none" else f"{metric},{filtered}",
        higher_is_better=higher is not False,
        chance=_chance(task, kept, metric),
        answers=tuple(_answer(task, sample, metric) for sample in kept),
    )


def _usable(samples: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return metric and filter wherever single questions have a number."""
    known = [(metric, sample["filter"]) for sample in _first_of_each_filter(samples) for metric in sample["metrics"]]
    return [(metric, name) for metric, name in known if any(_number(sample.get(metric)) is not None for sample in samples)]


def _no_metric(usable: Sequence[tuple[str, str]], asked_for: str) -> str:
    named = ", ".join(metric if name == "none" else f"{metric},{name}" for metric, name in usable) or "none"
    asked = f"The metric {asked_for} has" if asked_for else "This task has"
    return f"{asked} no value for single questions; those that have: {named}. Name one with --task NAME=METRIC."


def _first_of_each_filter(samples: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return list({sample["filter"]: sample for sample in reversed(samples)}.values())[::-1]


def _number(value: Any) -> float | None:
    """Return the value of one question; None for texts and tuples, which the harness reads only all together."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _chance(task: Any, samples: Sequence[Mapping[str, Any]], metric: str) -> float | None:
    if metric not in RIGHT:
        return None
    if task.OUTPUT_TYPE != "multiple_choice":
        return 0.0
    return sum(1 / len(_options(task, sample)) for sample in samples) / len(samples)


def _options(task: Any, sample: Mapping[str, Any]) -> Sequence[Any]:
    return list(task.doc_to_choice(sample["doc"]) or sample["arguments"])


def _answer(task: Any, sample: Mapping[str, Any], metric: str) -> TaskAnswer:
    family = sample["doc"].get("family", "")
    asked = str(sample["arguments"][0][0])
    return TaskAnswer(
        doc_id=int(sample["doc_id"]),
        value=_number(sample[metric]),
        family=family if isinstance(family, str) else "",
        prompt=asked if len(asked) <= SHOWN else f"…{asked[-SHOWN:]}",
        completion=_said(task, sample, metric),
    )


def _said(task: Any, sample: Mapping[str, Any], metric: str) -> str:
    """Return the option that the metric takes as chosen, else what was generated."""
    first = sample["filtered_resps"][0]
    if task.OUTPUT_TYPE == "multiple_choice":
        options = [str(option) for option in _options(task, sample)]
        likely = [resps[0] for resps in sample["filtered_resps"][: len(options)]]
        if metric == "acc_norm":
            likely = [one / max(1, len(option)) for one, option in zip(likely, options, strict=True)]
        return options[likely.index(max(likely))]
    return first if isinstance(first, str) else ""
