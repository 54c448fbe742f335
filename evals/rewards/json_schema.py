"""Rewards an answer that holds JSON of a given shape."""

from functools import cache
from typing import Any, Final

from evals.rewards.answers import Answer, Rewarder, each
from evals.rewards.json_text import ABSENT, find_json, read_json
from evals.rewards.kinds import Kind, Option, Settings
from reports.errors import UsageError


def build(settings: Settings) -> Rewarder:
    """Return 1 where the answer's JSON is valid under the schema, `partial` where it parses only, else 0.

    The schema is one for all rows (`schema`: a file or the JSON itself) or one for each row (`column`; None where the row
    has none). A schema is never fetched from the network.
    """
    strict, partial, column = settings.flag("strict"), settings.number("partial"), settings.text("column")
    if bool(settings.text("schema")) == bool(column):
        raise UsageError(f"{settings.title}: give either schema=FILE (or the JSON itself) or column=NAME.")
    if partial > 1:
        raise settings.refuse("partial", "expected a share from 0 to 1.")
    shared = None if column else _validator(settings.title, _given_schema(settings))

    def score(answer: Answer) -> float | None:
        validator = shared
        if column:
            wanted = answer.column(column)
            if wanted is None:
                return None
            validator = _validator(settings.title, wanted if isinstance(wanted, str) else _as_text(wanted))
        value = find_json(answer.final, strict)
        if value is ABSENT or validator is None:
            return 0.0
        return 1.0 if _is_valid(settings.title, validator, value) else partial

    return each(score)


def _given_schema(settings: Settings) -> str:
    text = settings.text("schema")
    if text.lstrip().startswith("{"):
        return text
    try:
        return settings.place.path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise settings.refuse("schema", f"cannot be read ({error}). Give a file, or the schema itself.") from error


@cache
def _validator(title: str, text: str) -> Any:
    from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]
    from jsonschema.validators import validator_for  # type: ignore[import-untyped]
    from referencing import Registry

    schema = read_json(text)
    if schema is ABSENT:
        raise UsageError(f"{title}: the schema is no JSON: {text[:80]!r}.")
    kind = validator_for(schema)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise UsageError(f"{title}: not a JSON schema ({error.message}).") from error
    return kind(schema, registry=Registry())


def _is_valid(title: str, validator: Any, value: Any) -> bool:
    from referencing.exceptions import Unresolvable

    try:
        return bool(validator.is_valid(value))
    except Unresolvable as error:
        raise UsageError(f"{title}: the schema refers to {error.ref!r}, which it does not contain. Write it out.") from error
    except RecursionError:
        return False


def _as_text(schema: Any) -> str:
    import json

    return json.dumps(schema, sort_keys=True)


KIND: Final = Kind(
    "json-schema",
    "1 where the answer's JSON is valid under a schema; else 0, or `partial` where it parses",
    "accuracy",
    (
        Option("schema", None, "file of a JSON schema, or the schema itself"),
        Option("column", None, "column that holds the schema of each row"),
        Option("strict", False, "the answer must be JSON and nothing else"),
        Option("partial", 0.0, "what JSON of another shape is worth, 0 to 1"),
    ),
    build,
)
