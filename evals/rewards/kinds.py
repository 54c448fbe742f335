"""What a kind of reward declares: the options it takes, and how it is built from them."""

import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple

from evals.rewards.answers import Rewarder
from reports.errors import UsageError
from reports.records.intake import Value
from reports.records.plan import RewardComponent

Ask = Callable[[Sequence[str]], list[str | None]]
"""Asks another model questions side by side; None: no reply to that one."""
TRUE: Final = frozenset({"true", "yes", "1"})
FALSE: Final = frozenset({"false", "no", "0"})


class Place(NamedTuple):
    """Where a reward finds what it needs."""

    folder: str = ""
    """Of files and modules that options name."""
    models: Mapping[str, Path] = {}
    """Trained reward models by the name of their stage."""
    ask: Ask | None = None
    """What judges in place of an endpoint; None: the endpoint that the options name."""

    def path(self, name: str) -> Path:
        """Return a file that an option names, relative to the folder."""
        return Path(self.folder, Path(name).expanduser())


class Option(NamedTuple):
    """One option of a kind of reward."""

    name: str
    default: Value
    """Its type is the option's type; None: a text that need not be given."""
    meaning: str
    required: bool = False

    @property
    def type(self) -> type[bool | int | float | str]:
        """The type that a value is read as."""
        return str if self.default is None else type(self.default)


class Settings(NamedTuple):
    """The options of one reward, read and complete."""

    title: str
    """How errors name it."""
    values: Mapping[str, Value]
    place: Place

    def text(self, name: str) -> str:
        """Return a text; empty where it was not given."""
        return str(self.values[name] or "")

    def number(self, name: str) -> float:
        """Return a number."""
        return float(self.values[name] or 0)

    def flag(self, name: str) -> bool:
        """Return yes or no."""
        return bool(self.values[name])

    def refuse(self, name: str, why: str) -> UsageError:
        """Return the error of a value that cannot be used."""
        return UsageError(f"{self.title}: {name}={self.values[name]}: {why}")


class Kind(NamedTuple):
    """One reward of the library."""

    name: str
    summary: str
    """What it rewards, and its range."""
    component: RewardComponent
    options: tuple[Option, ...]
    build: Callable[[Settings], Rewarder]

    def settings(self, title: str, given: Mapping[str, Value], place: Place) -> Settings:
        """Read the given options; UsageError for one that is unknown, missing or of another type."""
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                takes = ", ".join(known) or "no options"
                raise UsageError(f"{title}: '{self.name}' has no option '{name}'{nearest(name, known)}. It takes {takes}.")
        for option in self.options:
            if option.required and given.get(option.name) in (None, ""):
                raise UsageError(f"{title}: '{self.name}' needs {option.name}=…: {option.meaning}.")
        values = {name: _read(title, option, given.get(name, option.default)) for name, option in known.items()}
        return Settings(title, values, place)


def nearest(name: str, known: Mapping[str, object]) -> str:
    """Return a question that names the nearest known word, or nothing."""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else ""


def _read(title: str, option: Option, value: Value) -> Value:
    if value is None:
        return option.default
    if option.type is bool:
        word = str(value).lower()
        if word not in TRUE | FALSE:
            raise UsageError(f"{title}: {option.name}={value}: expected true or false; {option.meaning}.")
        return word in TRUE
    if option.type is str:
        return str(value)
    try:
        number = option.type(str(value))
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not math.isfinite(float(number)) or float(number) < 0:
        kind = "whole number" if option.type is int else "number"
        raise UsageError(f"{title}: {option.name}={value}: expected a {kind} from 0; {option.meaning}.")
    return number
