"""Reading one cell of a row of evidence."""

from collections.abc import Mapping
from typing import Final

from evals.data.parsing import name_of
from evals.data.rejection import UnusableRowError

LARGEST: Final = 10**12
"""Beyond this a count is taken for a mistake."""


def text_of(values: Mapping[str, object], name: str) -> str:
    """Return a text; UnusableRowError where it is missing, blank or no text."""
    value = values.get(name)
    if not isinstance(value, str):
        raise UnusableRowError(f"'{name}' is {name_of(value)}, not a text" if name in values else f"'{name}' is missing")
    if not value.strip():
        raise UnusableRowError(f"'{name}' is empty")
    return value


def count_of(values: Mapping[str, object], name: str) -> int:
    """Return a whole number from 0 on, also where it is written as text; UnusableRowError otherwise."""
    value = values.get(name)
    if value is None or value == "":
        raise UnusableRowError(f"'{name}' is missing")
    try:
        number = None if isinstance(value, bool) else float(value.strip() if isinstance(value, str) else str(value))
    except ValueError:
        number = None
    if number is None or not abs(number) <= LARGEST or number != int(number):
        raise UnusableRowError(f"'{name}' is {str(value)[:30]!r}, not a whole number")
    if number < 0:
        raise UnusableRowError(f"'{name}' is {int(number)}, below 0")
    return int(number)
