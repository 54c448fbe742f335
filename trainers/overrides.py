"""Settings that a person or a policy changes, each read by the type of the value it replaces."""

import math
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from reports.errors import UsageError
from reports.records.intake import Value
from reports.records.plan import Choice, ChoiceOrigin, MonitorPlan, StagePlan

RESERVED: Final[dict[str, str]] = {
    "seed": "it is the seed of the plan",
    "data_seed": "it is the seed of the plan",
    "output_dir": "checkpoints lie in the run directory",
    "reward_weights": "each reward has its weight in the plan",
    "reward_funcs": "the rewards stand in the plan",
    "report_to": "metrics are written to the run directory; `--track` names a tracker",
    "disable_tqdm": "progress is written to the run directory",
    "save_strategy": "`save_steps` says how often",
    "save_total_limit": "two checkpoints are kept until the stage is complete",
    "eval_strategy": "`eval_steps` says how often",
    "eval_on_start": "the figures before training are always measured",
    "logging_strategy": "`logging_steps` says how often",
    "logging_nan_inf_filter": "a loss that is no number must be seen",
    "include_num_input_tokens_seen": "tokens are always counted",
    "dataloader_pin_memory": "it follows the device",
    "use_cpu": "it follows the device",
}
"""Options of the trainers that tunegate sets itself, and why."""


LIMITS: Final = ("watch", "stop")
NUMBERS: Final[dict[str, float]] = {"window": 5, "prompts": 40, "level": 0.05}
"""What else of a monitor can be set, with a value of its kind."""


def with_overrides(
    choices: tuple[Choice, ...], overrides: Mapping[str, str], origin: ChoiceOrigin = "user"
) -> tuple[Choice, ...]:
    """Return the choices with values set by name, each text read by the type of the value it replaces.

    A name that is not among the choices is added; the trainer's own configuration checks it when the stage starts.
    Raises UsageError for a value of the wrong type, and for an option that tunegate sets itself.
    """
    known = {choice.name: choice.value for choice in choices}
    for name in overrides.keys() - known.keys() & RESERVED.keys():
        raise UsageError(f"option '{name}' cannot be set: {RESERVED[name]}. Leave it out.")
    because = "Set by hand." if origin == "user" else "Set by the policy."
    changed = {
        name: Choice(name=name, value=parse_value(name, text, known.get(name)), origin=origin, because=because)
        for name, text in overrides.items()
    }
    kept = tuple(changed.pop(choice.name, choice) for choice in choices)
    return kept + tuple(changed.values())


def set_limit(stage: StagePlan, monitor: str, level: str, text: str) -> tuple[MonitorPlan, ...]:
    """Return the monitors of a stage with one limit set; `none` takes it away.

    Raises UsageError where there is no such monitor or limit, or the text is no number.
    """
    known = [plan.name for plan in stage.monitors]
    if monitor not in known or level not in (*LIMITS, *NUMBERS):
        raise UsageError(
            f"--set {stage.name}.monitor.{monitor}.{level}: no such limit. Monitors: {', '.join(known)}; "
            f"limits: {', '.join(LIMITS)}; numbers: {', '.join(NUMBERS)}."
        )
    if level in NUMBERS:
        number = _positive(f"{monitor}.{level}", text, NUMBERS[level])
        return tuple(replace(plan, **{level: number}) if plan.name == monitor else plan for plan in stage.monitors)
    value = None if text.strip().lower() == "none" else parse_value(f"{monitor}.{level}", text, 1.0)
    limit = float(value) if isinstance(value, int | float) else None
    return tuple(replace(plan, **{level: limit}) if plan.name == monitor else plan for plan in stage.monitors)


def _positive(name: str, text: str, like: float) -> float:
    value = parse_value(name, text, like)
    if not isinstance(value, int | float) or not 0 < value < (1 if isinstance(like, float) else math.inf):
        raise UsageError(f"option '{name}': '{text}' is out of range. Its default is {like}.")
    return value


def parse_value(name: str, text: str, like: Value) -> Value:
    """Read `text` as the type of `like`; without one, as the narrowest of bool, whole number, number and text.

    Raises UsageError where the text is not of that type.
    """
    words = text.strip()
    narrow = _narrowest(words)
    if like is None or (isinstance(like, str) and isinstance(narrow, bool)):
        return narrow
    if isinstance(like, str):
        return words
    if isinstance(like, bool) and isinstance(narrow, bool):
        return narrow
    if isinstance(like, float) and isinstance(narrow, int | float) and not isinstance(narrow, bool):
        return float(narrow)
    if isinstance(like, int) and not isinstance(like, bool) and isinstance(narrow, int | float) and float(narrow).is_integer():
        return int(narrow)
    wanted = {bool: "true or false", int: "a whole number", float: "a number"}[type(like)]
    raise UsageError(f"option '{name}': '{text}' is not {wanted}. Its default is {like}; give a value of that kind.")


def _narrowest(words: str) -> Value:
    named: dict[str, Value] = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "none": None}
    if words.lower() in named:
        return named[words.lower()]
    for kind in (int, float):
        try:
            return kind(words)
        except ValueError:
            continue
    return words
