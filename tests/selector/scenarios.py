"""The table of situations and their answers."""

from pathlib import Path
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from reports.records.intake import Fact, Intake, Origin, Value
from reports.records.recommendation import ParameterChoice, Strategy
from selector.intake import make_fact
from selector.policy import Policy, default_policy


class Scenario(Struct, frozen=True):
    """A situation, the strategy for it, and words its reason must hold."""

    name: str
    strategy: Strategy
    because: str
    values: dict[str, Value]
    parameters: ParameterChoice | None = None
    safety_class: str | None = None
    gates: tuple[str, ...] | None = None
    signoffs: tuple[str, ...] | None = None

    @property
    def intake(self) -> Intake:
        """The facts as exact measurements."""
        return intake_of(**self.values)


def intake_of(origin: Origin = "probed", /, **values: Value) -> Intake:
    """Return an intake of exact values."""
    found: dict[str, Fact] = {name: make_fact(name, value, origin) for name, value in values.items()}
    return Intake(facts=found)


def team(**changes: Value) -> Intake:
    """Return the intake of the usual team, changed."""
    return intake_of(**{**TEAM, **changes})


def quick_policy(draws: int = 10) -> Policy:
    """Return the default policy with a short simulation, for tests that are about scores."""
    policy = default_policy()
    return msgspec.structs.replace(policy, simulation=msgspec.structs.replace(policy.simulation, draws=draws))


def _scenario(row: dict[str, Any], table: dict[str, Any]) -> Scenario:
    unknown = row.pop("unknown", False)
    values = {**({} if unknown else table["team"]), **table.get(row.pop("with", ""), {}), **row.pop("facts", {})}
    return msgspec.convert({**row, "values": values}, Scenario)


_TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("scenarios.yaml").read_text("utf-8"))
TEAM: dict[str, Value] = _TABLE["team"]
SCENARIOS: tuple[Scenario, ...] = tuple(_scenario(dict(row), _TABLE) for row in _TABLE["scenarios"])
