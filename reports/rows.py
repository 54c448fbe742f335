"""Rows of JSON lines that people hand in: read with their line numbers, and refused with the reason and the place."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from reports.errors import DataError

T = TypeVar("T")

NOT_JSON: Final = "Each line must be one JSON object in UTF-8."


def read_rows(path: Path, kind: type[T], what: str, needs: str) -> Iterator[tuple[int, T]]:
    """Yield line number and row of each line that is not empty; a byte order mark is left out.

    Lines end at line breaks only: other separators of text may stand in a JSON string.

    Args:
        path: an existing file.
        kind: the type of a row.
        what: what a line is not where it cannot be read, for example `an answer`.
        needs: the sentence on what a row must have.

    Raises:
        DataError: a line is no such row.
    """
    decode = msgspec.json.Decoder(kind).decode
    for number, line in enumerate(path.read_bytes().removeprefix(codecs.BOM_UTF8).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = decode(line)
        except msgspec.ValidationError as error:
            raise DataError(f"{path}:{number}: not {what} ({error}). {needs}") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DataError(f"{path}:{number}: not {what} ({error}). {NOT_JSON}") from error
        yield number, row
