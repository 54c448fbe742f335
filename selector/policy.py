"""The weights and thresholds of a decision: a default that explains itself, and files that override it."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from reports.errors import MissingError, UsageError
from selector.strategies import STRATEGIES

DEFAULT_FILE: Final = Path(__file__).parent / "policies" / "default.toml"
ByStrategy = tuple[float, ...]
"""One number a strategy, in the order of STRATEGIES."""


class Simulation(Struct, frozen=True):
    """How uncertainty is simulated, and what P(best) is called."""

    draws: int
    weight_spread: float
    score_error: float
    clear: float
    leaning: float
    assumed_bar: float


class Thresholds(Struct, frozen=True):
    """The thresholds of the rules; the default policy file says what each means and where it comes from."""

    pass_enough: float
    pass_open: float
    pass_poor: float
    voices_simple: float
    voices_some: float
    voices_many: float
    gap_small: float
    gap_open: float
    gap_large: float
    examples_minimum: float
    examples_start: float
    examples_comfortable: float
    pairs_minimum: float
    pairs_start: float
    pairs_comfortable: float
    pairs_reward_model: float
    pairs_rlhf_start: float
    pairs_rlhf_comfortable: float
    ratings_minimum: float
    ratings_start: float
    ratings_comfortable: float
    ratings_per_pair: float
    able_minimum: float
    able_open: float
    able_comfortable: float
    able_after_sft: float
    rollouts_minimum: float
    rollouts_low: float
    rollouts_high: float
    rollouts_maximum: float
    spread_minimum: float
    spread_poor: float
    spread_open: float
    spread_good: float
    prompts_minimum: float
    prompts_start: float
    prompts_comfortable: float
    audit_poor: float
    audit_enough: float
    synthetic_cap: float
    duplicates_cap: float
    duplicates_bad: float
    overtime: float
    cpu_slowdown: float
    memory_usable: float
    full_examples: float


class SafetyPoints(Struct, frozen=True):
    """Points for the safety answers, and the sums from which a class begins."""

    audience: dict[str, float]
    harm_potential: dict[str, float]
    regulated: float
    personal_data_in_training: float
    needs_refusals: float
    human_review: float
    moderate_from: float
    high_from: float


class Policy(Struct, frozen=True):
    """Everything a decision rests on besides the facts."""

    name: str
    simulation: Simulation
    thresholds: Thresholds
    safety: SafetyPoints
    gates: dict[str, tuple[str, ...]]
    signoffs: dict[str, tuple[str, ...]]
    affinity: dict[str, ByStrategy]
    hours: ByStrategy
    days: ByStrategy
    level: ByStrategy
    weights: dict[str, float]
    effects: dict[str, ByStrategy]


INCREASING: Final = (
    ("pass_poor", "pass_open", "pass_enough"),
    ("voices_simple", "voices_some", "voices_many"),
    ("gap_small", "gap_open", "gap_large"),
    ("examples_minimum", "examples_start", "examples_comfortable"),
    ("pairs_minimum", "pairs_start", "pairs_comfortable"),
    ("pairs_reward_model", "pairs_rlhf_start", "pairs_rlhf_comfortable"),
    ("ratings_minimum", "ratings_start", "ratings_comfortable"),
    ("able_minimum", "able_open", "able_comfortable"),
    ("rollouts_minimum", "rollouts_low", "rollouts_high", "rollouts_maximum"),
    ("spread_poor", "spread_open", "spread_good"),
    ("prompts_minimum", "prompts_start", "prompts_comfortable"),
    ("audit_poor", "audit_enough"),
    ("duplicates_cap", "duplicates_bad"),
)
"""Thresholds between which a rule interpolates; each must lie above the one before."""


@lru_cache(maxsize=1)
def default_policy() -> Policy:
    """Return the policy that ships with tunegate."""
    return _policy(_default_tree())


def load_policy(path: Path) -> Policy:
    """Return the default policy with the values of a TOML file laid over it.

    Raises:
        MissingError: the file is not there.
        UsageError: it is no TOML, names something the default does not have, or sets an impossible value.
    """
    try:
        given = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise MissingError(f"{path}: no such policy file. Copy lines from {DEFAULT_FILE} to write one.") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not readable as TOML ({error}).") from error
    try:
        return _policy(_merged(_default_tree(), {"name": path.stem, **given}, ""))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _default_tree() -> dict[str, Any]:
    tree = tomllib.loads(DEFAULT_FILE.read_text("utf-8"))
    for table in (*tree["affinity"].values(), *(rule["effect"] for rule in tree["rules"].values() if "effect" in rule)):
        for strategy in STRATEGIES:
            table.setdefault(strategy, 0.0)
    return tree


def _merged(default: Mapping[str, Any], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    merged = dict(default)
    for key, value in given.items():
        name = f"{where}{key}"
        if key not in default:
            raise _unknown(name, key, default, where)
        merged[key] = _replaced(default[key], value, name)
    return merged


def _replaced(old: Any, new: Any, name: str) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return _merged(old, new, f"{name}.")
    if isinstance(old, int | float) and isinstance(new, int | float) and not isinstance(new, bool):
        return new
    if type(old) is type(new) and not isinstance(old, int | float):
        return new
    wanted = "a table" if isinstance(old, dict) else "a list" if isinstance(old, list) else "a number"
    example = "" if isinstance(old, dict) else f", such as the default {old!r}"
    raise UsageError(f"'{name}' is {new!r}; it must be {'text' if isinstance(old, str) else wanted}{example}.")


def _unknown(name: str, key: str, default: Mapping[str, Any], where: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(key, default, n=1, cutoff=0.5)
    hint = f"Did you mean '{where}{near[0]}'?" if near else f"Known there: {', '.join(default)}."
    return UsageError(f"'{name}' is not part of a policy. {hint}")


def _policy(tree: Mapping[str, Any]) -> Policy:
    rules, cost = tree["rules"], tree["cost"]
    document = {
        **{key: tree[key] for key in ("name", "simulation", "thresholds", "safety", "gates", "signoffs")},
        "affinity": {goal: _by_strategy(table) for goal, table in tree["affinity"].items()},
        **{key: _by_strategy(cost[key]) for key in ("hours", "days", "level")},
        "weights": {name: rule["weight"] for name, rule in rules.items()},
        "effects": {name: _by_strategy(rule["effect"]) for name, rule in rules.items() if "effect" in rule},
    }
    try:
        policy = msgspec.convert(document, Policy)
    except msgspec.ValidationError as error:
        raise UsageError(f"a value of the policy has the wrong type ({error}).") from error
    _check(policy)
    return policy


def _by_strategy(table: Mapping[str, float]) -> list[float]:
    return [table[strategy] for strategy in STRATEGIES]


def _check(policy: Policy) -> None:
    for names in INCREASING:
        values = [getattr(policy.thresholds, name) for name in names]
        if any(later <= earlier for earlier, later in pairwise(values)):
            shown = ", ".join(f"{name} = {value:g}" for name, value in zip(names, values, strict=True))
            raise UsageError(f"thresholds must rise in this order: {shown}.")
    for name, value in msgspec.structs.asdict(policy.thresholds).items():
        _require(value >= 0, f"'thresholds.{name}' is {value:g}; it cannot be negative.")
    for name, weight in policy.weights.items():
        _require(0 <= weight <= 100, f"'rules.{name}.weight' is {weight:g}; it must lie between 0 (rule off) and 100.")
    for name, row in (*policy.effects.items(), *policy.affinity.items()):
        _require(
            max(map(abs, row)) <= 1, f"the effects of '{name}' must lie between -1 and 1; seen {min(row):g} to {max(row):g}."
        )
    costs = (*policy.hours, *policy.days, *policy.level)
    _require(min(costs) >= 0, f"hours, days and levels under 'cost' cannot be negative; seen {min(costs):g}.")
    _require(policy.safety.high_from > 0, f"'safety.high_from' is {policy.safety.high_from:g}; it must be above 0.")
    draws, spread = policy.simulation.draws, policy.simulation.weight_spread
    least = min(policy.simulation.assumed_bar, policy.simulation.score_error)
    _require(least >= 0, f"'simulation.assumed_bar' and 'simulation.score_error' cannot be negative; seen {least:g}.")
    _require(1 <= draws <= 100_000, f"'simulation.draws' is {draws}; it must lie between 1 and 100,000.")
    _require(0 <= spread <= 1, f"'simulation.weight_spread' is {spread:g}; it must lie between 0 and 1.")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UsageError(otherwise)
