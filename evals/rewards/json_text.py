"""Finding the JSON value that an answer holds."""

import json
import re
from typing import Any, Final

FENCE: Final = re.compile(r"```[ \t]*(?:json|JSON)?[ \t]*\n(.*?)```", re.DOTALL)
ABSENT: Final = object()
"""No JSON was found; the JSON value `null` is a value."""
MOST_STARTS: Final = 50
"""Places at which a value is looked for inside prose."""


def find_json(text: str, strict: bool = False) -> Any:
    """Return the JSON value of a text, `ABSENT` where there is none.

    The whole text, else its last fenced block that parses, else the first object or array in it. With `strict`
    only the whole text. NaN and Infinity are no JSON.
    """
    whole = read_json(text.strip())
    if whole is not ABSENT or strict:
        return whole
    for block in reversed(FENCE.findall(text)):
        value = read_json(block)
        if value is not ABSENT:
            return value
    for start in [match.start() for match in re.finditer(r"[{\[]", text)][:MOST_STARTS]:
        value = read_json(text[start:], prefix=True)
        if value is not ABSENT:
            return value
    return ABSENT


def read_json(text: str, prefix: bool = False) -> Any:
    """Return the value of a JSON text, or of one at its beginning; `ABSENT` where it is none."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    try:
        return decoder.raw_decode(text)[0] if prefix else decoder.decode(text)
    except (ValueError, RecursionError):
        return ABSENT


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")
