"""Cutting a JSON array into its rows piece by piece, so that its size does not matter."""

import io
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from reports.errors import DataError

PIECE: Final = 1 << 20
"""Characters read at a time."""
LARGEST_ROW: Final = 1 << 26
"""Characters of one row, from which on it is taken for one that never ends."""
_SPACE: Final = re.compile(r"[ \t\n\r]*")


def iterate_array(file: BinaryIO, label: str) -> Iterator[tuple[int, bytes]]:
    """Return the elements of an array of JSON, numbered from 1, each as JSON of its own.

    Raises:
        DataError: what is read is no array, or an element is broken; the message names it, and may come after others.
    """
    with io.TextIOWrapper(file, encoding="utf-8-sig") as text:
        held = " "
        while held and held.isspace():
            held = text.read(PIECE)
        place, number, size = _skip(held, 0) + 1, 0, PIECE
        if held[place - 1 : place] != "[":
            raise DataError(f"{label}: one object, which can only be read whole. Write one row a line, or an array of rows.")
        while (found := _next(held, place, number, label)) is None or not found.is_last:
            if found is None:
                piece = text.read(size)
                if not piece or len(held) - place > LARGEST_ROW:
                    raise DataError(
                        f"{label}: row {number + 1} of the array is broken JSON. Mend the row, or write one row a line."
                    )
                held, place, size = held[place:] + piece, 0, 2 * size
            else:
                number, place, size = number + 1, found.behind + 1, PIECE
                yield number, found.text.encode()
        if found.text:
            yield number + 1, found.text.encode()
        if held[found.behind + 1 :].strip() or text.read(PIECE).strip():
            raise DataError(f"{label}: something follows the end of the array. Take it out, or write one row a line.")


class _Element(NamedTuple):
    text: str
    """Empty in an empty array."""
    behind: int
    """Place of the comma or bracket that follows."""
    is_last: bool


def _next(held: str, place: int, number: int, label: str) -> _Element | None:
    """Return the next element; None where more has to be read."""
    start = _skip(held, place)
    if not number and held[start : start + 1] == "]":
        return _Element("", start, True)
    try:
        _, end = _DECODE(held, start)
    except json.JSONDecodeError:
        return None
    except (ValueError, RecursionError):
        raise DataError(f"{label}: row {number + 1} holds a number or a nesting without end. Take that row out.") from None
    behind = _skip(held, end)
    follows = held[behind : behind + 1]
    return _Element(held[start:end], behind, follows == "]") if follows in ("]", ",") else None


def _skip(held: str, place: int) -> int:
    space = _SPACE.match(held, place)
    return space.end() if space else place


_DECODE: Final = json.JSONDecoder().raw_decode
