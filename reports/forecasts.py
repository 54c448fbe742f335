"""What every training stage was expected to take, beside what it took: memory, time, and cost where a price is known."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from reports.contents import Contents, StageContents
from reports.records.preflight import Expected, StageForecast
from reports.wording import NOT_MEASURED, duration, number

COMPARED: Final = frozenset({"peak_memory_gib", "peak_gpu_memory_gib", "seconds_per_step"})
"""Final figures of a stage that are shown beside what was expected, or make it up."""
HOUR: Final = 3600


class ForecastRow(NamedTuple):
    """One figure of one stage, in words."""

    stage: str
    what: str
    expected: str
    interval: str
    """The ends of the 90 % interval; empty where nothing was expected."""
    actual: str
    state: str
    """pass: inside the interval; warn: outside; skipped: it cannot be said."""
    found: str
    """The state in words."""


def forecast_rows(contents: Contents) -> list[ForecastRow]:
    """Return the rows of all stages that came as far as their first step, in the order of the plan."""
    return [row for stage in contents.stages for row in _stage(contents, stage)]


def unpriced(contents: Contents) -> str:
    """Say why no cost is shown; empty where one is."""
    if contents.plan is None or contents.plan.launch.price is not None:
        return ""
    return "Not priced: the run was started without the price of an hour (`tunegate run --price`)."


def besides_steps(contents: Contents) -> float:
    """Return the seconds that finished stages took beside their steps: loading, evaluations, looks and checkpoints."""
    ended = [stage for stage in contents.stages if stage.result and _final(stage, "seconds_per_step") is not None]
    return sum(s.result.seconds - s.result.steps * (_final(s, "seconds_per_step") or 0.0) for s in ended if s.result)


def _stage(contents: Contents, stage: StageContents) -> Iterator[ForecastRow]:
    seen = contents.preflight.of(stage.name) if contents.preflight else None
    told = seen.forecast if seen else None
    if told is None:
        return
    yield _memory(stage, told)
    steps = stage.result.steps if stage.result else told.steps
    per_step = _final(stage, "seconds_per_step")
    what = f"{steps:,} steps" if steps else "One step"
    count = steps or 1
    yield _row(stage.name, what, _times(told.step, count), per_step and per_step * count, duration)
    launch = contents.plan.launch if contents.plan else None
    if launch and launch.price is not None:
        hourly = count / HOUR * launch.processes * launch.price
        yield _row(stage.name, f"Cost of {what}", _times(told.step, hourly), per_step and per_step * hourly, number)


def _memory(stage: StageContents, told: StageForecast) -> ForecastRow:
    name, what = ("peak_gpu_memory_gib", "GPU memory") if told.on_gpu else ("peak_memory_gib", "Memory of the process")
    return _row(stage.name, what, told.memory, _final(stage, name), _gib)


def _final(stage: StageContents, name: str) -> float | None:
    return stage.result.values.get(name) if stage.result else None


def _times(expected: Expected, factor: float) -> Expected:
    ends = [None if end is None else end * factor for end in (expected.value, expected.low, expected.high)]
    return Expected(value=ends[0], low=ends[1], high=ends[2], because=expected.because)


def _row(stage: str, what: str, expected: Expected, actual: float | None, told: Callable[[float | None], str]) -> ForecastRow:
    if expected.value is None or expected.low is None or expected.high is None:
        return ForecastRow(stage, what, f"not predicted: {expected.because}", "", told(actual), "skipped", "not compared")
    low, high = told(expected.low), told(expected.high)
    unit = high[high.rfind(" ") :] if told is _gib else ""
    between = f"{low.removesuffix(unit)} to {high}"
    if actual is None:
        return ForecastRow(stage, what, told(expected.value), between, NOT_MEASURED, "skipped", "not compared")
    inside = expected.low <= actual <= expected.high
    found = "inside" if inside else f"{'above' if actual > expected.high else 'below'} it"
    return ForecastRow(stage, what, told(expected.value), between, told(actual), "pass" if inside else "warn", found)


def _gib(value: float | None) -> str:
    return number(value, "GiB")
