"""The facts a recommendation is made from: the catalogue of questions, valid answers, and files of answers."""

import math
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from reports.errors import MissingError, SchemaError, UsageError
from reports.records.intake import Fact, Intake, Origin, Value
from reports.records.recommendation import AxisName
from selector.catalogue.alignment import ALIGNMENT
from selector.catalogue.compute import COMPUTE
from selector.catalogue.data import DATA
from selector.catalogue.safety import SAFETY
from selector.question import Question

SCHEMA_VERSION: Final = 1
QUESTIONS: Final[tuple[Question, ...]] = (*DATA, *ALIGNMENT, *SAFETY, *COMPUTE)
BY_NAME: Final[Mapping[str, Question]] = {question.name: question for question in QUESTIONS}
AXES: Final[tuple[AxisName, ...]] = ("data", "alignment", "safety", "compute")

FACT_FIELDS: Final = ("value", "low", "high", "origin", "because")
UNKNOWN_WORDS: Final = frozenset({"", "?", "unknown", "not known", "null"})
YES_NO: Final = {"yes": True, "true": True, "y": True, "on": True, "no": False, "false": False, "n": False, "off": False}
MULTIPLES: Final = {"": 1.0, "k": 1e3, "m": 1e6, "%": 0.01}
NUMBER: Final = re.compile(r"([+-]?\d[\d,_]*\.?\d*(?:e[+-]?\d+)?|[+-]?\.\d+)\s*([km%]?)", re.IGNORECASE)
RANGE: Final = re.compile(r"\s*(?:\.\.+|\bto\b|–|(?<=[\d%km])\s*-\s*(?=[\d.]))\s*", re.IGNORECASE)


def find_question(name: str) -> Question:
    """Return the question about a fact; UsageError naming the nearest known name where there is none."""
    found = BY_NAME.get(name)
    if found is not None:
        return found
    from difflib import get_close_matches

    near = get_close_matches(name, BY_NAME, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else f" Known facts: {', '.join(BY_NAME)}."
    raise UsageError(f"'{name}' is not a known fact.{hint}")


def relevant_questions(intake: Intake) -> tuple[Question, ...]:
    """Return the questions whose answers can matter, given what the intake already knows."""
    known = known_values(intake)
    return tuple(question for question in QUESTIONS if question.is_relevant(known))


def known_values(intake: Intake) -> dict[str, Value]:
    """Return the values of the known facts by name."""
    told = ((question, intake.facts.get(question.name)) for question in QUESTIONS)
    return {question.name: fact.value for question, fact in told if fact and fact.value not in (None, question.nothing)}


def make_fact(
    name: str, value: Value, origin: Origin, *, low: float | None = None, high: float | None = None, because: str = ""
) -> Fact:
    """Return a valid fact; a value of None is an unknown one.

    Args:
        name: a name of the catalogue.
        value: number, share from 0 to 1, bool, or the value of a choice; text is read as a person writes it.
        origin: who says so.
        low: lower end of a 90 % interval, for numbers and shares.
        high: upper end of it.
        because: the evidence.

    Raises:
        UsageError: the name is not known, or value or interval is not allowed.
    """
    question = find_question(name)
    if isinstance(value, str) and question.kind != "choice":
        read = parse_answer(question, value, origin)
        value, low, high = read.value, read.low if low is None else low, read.high if high is None else high
    if value is None:
        return Fact(name=name, value=None, origin=origin, because=because or "nobody has said yet")
    valid = _valid(question, value)
    _check_interval(question, valid, low, high)
    return Fact(name=name, value=valid, origin=origin, low=low, high=high, because=because)


def parse_fact(name: str, text: str, origin: Origin) -> Fact:
    """Read a fact from text, as flags and forms give it; UsageError where it is not allowed."""
    return parse_answer(find_question(name), text, origin)


def parse_answer(question: Question, text: str, origin: Origin = "asked") -> Fact:
    """Read one answer as a person writes it: `2k`, `1,200`, `40 %`, `yes`, `300..900` for an interval, `?` for not known.

    Raises:
        UsageError: the text is no allowed answer; the message says what is.
    """
    words = text.strip()
    if words.lower() in UNKNOWN_WORDS:
        return make_fact(question.name, None, origin)
    if question.kind == "choice":
        return make_fact(question.name, words.lower(), origin)
    if question.kind == "yes-no":
        if words.lower() not in YES_NO:
            raise _not_allowed(question, text)
        return make_fact(question.name, YES_NO[words.lower()], origin)
    ends = [_number(part) for part in RANGE.split(words)]
    if any(end is None for end in ends) or len(ends) > 2:
        raise _not_allowed(question, text)
    numbers = [end for end in ends if end is not None]
    low, high = numbers[0], numbers[-1]
    if len(numbers) == 1:
        return make_fact(question.name, low, origin)
    return make_fact(question.name, _middle(question, low, high), origin, low=low, high=high)


def read_intake(path: Path) -> Intake:
    """Read facts from YAML or JSON; `-` reads standard input.

    Accepts `{fact: value}`, `{fact: {value, low, high, origin, because}}`, and the `intake.json` of a run.

    Raises:
        MissingError: the file is not there.
        UsageError: it is no mapping of facts, a name is not known, or a value is not allowed.
        SchemaError: it was written by a newer tunegate.
    """
    document = _load(path)
    if not isinstance(document, dict):
        raise UsageError(f"{path}: expected a mapping of facts such as `preference_pairs: 800`, found {type(document).__name__}.")
    version = document.get("schema_version", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        raise SchemaError(
            f"{path}: schema version {version}, and this tunegate reads up to {SCHEMA_VERSION}. Upgrade tunegate to read it."
        )
    facts = document["facts"] if isinstance(document.get("facts"), dict) else document
    try:
        found = [_read_fact(name, value) for name, value in facts.items() if name != "schema_version"]
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error
    return Intake(facts={fact.name: fact for fact in found})


def _read_fact(name: object, entry: object) -> Fact:
    question = find_question(str(name))
    if not isinstance(entry, dict):
        return make_fact(question.name, _scalar(question, entry), "asked")
    unknown = set(entry) - {"name", *FACT_FIELDS}
    if unknown or entry.get("name", name) != name:
        seen = ", ".join(sorted(map(str, unknown))) or f"name {entry['name']!r}"
        raise UsageError(f"{name}: unexpected {seen}; a fact may hold {', '.join(FACT_FIELDS)}.")
    origin = entry.get("origin", "asked")
    if origin not in ("asked", "probed", "flag", "default"):
        raise UsageError(f"{name}: origin {origin!r} is not one of asked, probed, flag, default.")
    low, high = (_end(question, entry.get(side), side) for side in ("low", "high"))
    value = _scalar(question, entry.get("value"))
    return make_fact(question.name, value, origin, low=low, high=high, because=str(entry.get("because") or ""))


def _scalar(question: Question, value: object) -> Value:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return None if value.strip().lower() in UNKNOWN_WORDS else value
    raise _not_allowed(question, value)


def _end(question: Question, value: object, side: str) -> float | None:
    if value is None:
        return None
    number = _number(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise UsageError(f"{question.name}: its {side} is {value!r}; allowed: {question.allowed}.")
    return float(number)


def _valid(question: Question, value: bool | int | float | str) -> Value:
    if question.kind == "choice":
        matching = [allowed for allowed, _ in question.choices if allowed == str(value).strip().lower()]
        if not matching:
            raise _not_allowed(question, value)
        return matching[0]
    if question.kind == "yes-no":
        if not isinstance(value, bool):
            raise _not_allowed(question, value)
        return value
    if isinstance(value, bool | str) or not question.minimum <= value <= question.maximum:
        raise _not_allowed(question, value)
    if not question.whole:
        return float(value)
    if value != int(value):
        raise _not_allowed(question, value)
    return int(value)


def _check_interval(question: Question, value: Value, low: float | None, high: float | None) -> None:
    if low is None and high is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise UsageError(f"{question.name}: only numbers and shares carry an interval, and the value is {value!r}.")
    ends = (value if low is None else low, value if high is None else high)
    if not question.minimum <= ends[0] <= value <= ends[1] <= question.maximum:
        raise UsageError(
            f"{question.name}: the interval {ends[0]:g} to {ends[1]:g} must hold the value {value:g} and lie within "
            f"{question.minimum:g} to {question.maximum:g}."
        )


def _not_allowed(question: Question, value: object) -> UsageError:
    shown = value if isinstance(value, str) else repr(value)
    number = _number(shown) if question.kind == "share" else None
    hint = f" Did you mean {number:g} %?" if number is not None and 1 < number <= 100 else ""
    return UsageError(f"{question.name}: {shown} is not allowed; it must be {question.allowed}.{hint}")


def _number(text: str) -> float | None:
    match = NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    return round(float(match[1].replace(",", "").replace("_", "")) * MULTIPLES[match[2].lower()], 12)


def _middle(question: Question, low: float, high: float) -> float:
    if low > high:
        raise UsageError(f"{question.name}: the interval {low:g} to {high:g} runs backwards.")
    middle = math.expm1((math.log1p(low) + math.log1p(high)) / 2) if question.log and low >= 0 else (low + high) / 2
    return float(min(max(round(middle), low), high)) if question.whole else middle


def _load(path: Path) -> Any:
    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except FileNotFoundError as error:
        raise MissingError(f"{path}: no such file. Give a YAML or JSON file of facts, or single facts as flags.") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from error
    if path.suffix == ".json":
        try:
            return msgspec.json.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: not readable as JSON ({error}).") from error
    return _load_yaml(path, data)


def _load_yaml(path: Path, data: bytes) -> Any:
    import yaml

    try:
        text = data.decode("utf-8-sig")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        keys = [key.value for key, _ in node.value] if isinstance(node, yaml.MappingNode) else []
        loaded = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{path}: not readable as YAML ({reason}).") from error
    repeated = [key for key in keys if keys.count(key) > 1]
    if repeated:
        raise UsageError(f"{path}: '{repeated[0]}' is given twice. Keep the one that holds.")
    return {} if loaded is None else loaded
