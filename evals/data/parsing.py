"""From the bytes of a file to its rows: JSON lines, JSON, CSV, Parquet and Arrow."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TextIO

import msgspec

from evals.data.examples import RejectedRow, SourceRow, excerpt
from reports.errors import DataError

LONGEST_COLUMN_NAME = 60
LARGEST_CELL = 2**31 - 1
LIST_COLUMNS = ("completions", "labels", "tools", "functions")
"""Columns of a table whose cells may hold lists other than messages."""
WRAPPERS = ("data", "rows", "examples", "train")
"""Under what a JSON file of one object may hold its rows."""


class Parsed(NamedTuple):
    """Rows that are objects, and rows that are something else."""

    rows: list[SourceRow]
    rejected: list[RejectedRow]


def parse_lines(data: bytes, label: str) -> Parsed:
    """Read JSON lines, blank lines skipped; DataError names the first line that is no JSON."""
    return _sort(iterate_lines(enumerate(data.split(b"\n"), start=1), label))


def parse_array(data: bytes, label: str) -> Parsed:
    """Read a JSON array of objects, or one object; DataError where it is no JSON or neither."""
    try:
        values: object = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        values = _second_reading(data, label)
        if values is None:
            raise DataError(f"{label}: holds a number or a nesting without end. Take that row out.") from None
    if isinstance(values, dict):
        return number_rows([values])
    if not isinstance(values, list):
        raise DataError(
            f"{label}: holds {name_of(values)}, and rows are expected. "
            "A JSON file holds an array of objects, or one object a line."
        )
    if all(type(value) is dict for value in values):
        return Parsed([SourceRow(number, value) for number, value in enumerate(values, start=1)], [])
    return _sort(iterate_lines(enumerate((json.dumps(value).encode() for value in values), start=1), label))


def unwrap(parsed: Parsed) -> Parsed:
    """Return the rows that a file's only object holds as a list, where it does; else the rows as they are."""
    only = parsed.rows[0].values if len(parsed.rows) == 1 and not parsed.rejected else {}
    for name in WRAPPERS:
        values = only.get(name)
        if isinstance(values, list) and values and all(isinstance(value, dict) for value in values):
            return number_rows(values)
    return parsed


def parse_table(data: bytes, label: str, delimiter: str) -> Parsed:
    """Read CSV or TSV with a header; a row with more or fewer cells than the header is rejected."""
    return _sort(iterate_table(io.StringIO(_text(data, label), newline=""), label, delimiter))


def parse_parquet(data: bytes, label: str) -> Parsed:
    """Read a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(pyarrow.BufferReader(data))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{label}: not a readable Parquet file ({excerpt(error)}). Write it again from its source.") from error
    return number_rows(table.to_pylist())


def parse_arrow(data: bytes, label: str) -> Parsed:
    """Read an Arrow file, in the file or the stream format."""
    import pyarrow

    is_file = data.startswith(b"ARROW1")
    try:
        open_table = pyarrow.ipc.open_file if is_file else pyarrow.ipc.open_stream
        table = open_table(pyarrow.BufferReader(data)).read_all()
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{label}: not a readable Arrow file ({excerpt(error)}). Write it again from its source.") from error
    return number_rows(table.to_pylist())


def number_rows(values: Iterable[dict[str, object]]) -> Parsed:
    """Number rows that are known to be objects."""
    return Parsed([SourceRow(number, value) for number, value in enumerate(values, start=1)], [])


def name_of(value: object) -> str:
    """Name the JSON type of a value."""
    if value is None:
        return "nothing (null)"
    names = ((bool, "true or false"), (int | float, "a number"), (str, "a text"), (list, "a list"), (dict, "an object"))
    return next((name for kind, name in names if isinstance(value, kind)), f"a {type(value).__name__}")


def iterate_lines(lines: Iterable[tuple[int, bytes]], label: str) -> Iterator[SourceRow | RejectedRow]:
    """Read numbered lines of JSON one by one, as `parse_lines` does."""
    decode = msgspec.json.Decoder().decode
    for number, line in lines:
        if not line or line.isspace():
            continue
        try:
            value = decode(line)
        except (ValueError, RecursionError):
            _second_reading(line, label, number)
            reason = "holds what JSON does not allow: NaN, an endless number, half of a surrogate pair, or endless nesting"
            yield RejectedRow(number, reason, excerpt(line[:200].decode("utf-8", "replace")))
            continue
        if type(value) is dict:
            yield SourceRow(number, value)
        else:
            yield RejectedRow(number, f"the row is {name_of(value)}, not an object", excerpt(value))


def iterate_table(text: TextIO, label: str, delimiter: str) -> Iterator[SourceRow | RejectedRow]:
    """Read CSV or TSV row by row, as `parse_table` does."""
    csv.field_size_limit(LARGEST_CELL)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = _header(next(reader, []), label)
        for number, cells in enumerate((cells for cells in reader if cells), start=1):
            if len(cells) == len(header):
                yield SourceRow(number, {name: _cell(name, text) for name, text in zip(header, cells, strict=True)})
            else:
                yield RejectedRow(number, f"the row has {len(cells)} cells and the header {len(header)}", excerpt(cells))
    except csv.Error as error:
        raise DataError(f"{label}:{reader.line_num}: not readable as a table ({error}). Mend the quotes on this line.") from error


def _cell(name: str, text: str) -> object:
    """Return messages, steps or tools that a cell holds as JSON; other JSON stays text, for an answer may be JSON."""
    if not text.startswith(("[", "{")):
        return text
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text
    turns = value.get("messages") if isinstance(value, dict) else value
    if not isinstance(turns, list) or not turns:
        return text
    is_dialogue = all(isinstance(turn, dict) and ("role" in turn or "from" in turn) for turn in turns)
    return value if is_dialogue or (name in LIST_COLUMNS and isinstance(value, list)) else text


def _sort(rows: Iterable[SourceRow | RejectedRow]) -> Parsed:
    parsed = Parsed([], [])
    for row in rows:
        if isinstance(row, SourceRow):
            parsed.rows.append(row)
        else:
            parsed.rejected.append(row)
    return parsed


def _second_reading(data: bytes, label: str, line: int = 1) -> object:
    """Read again, forgiving and with positions; None where even that is too much, DataError where this is no JSON at all."""
    text = _text(data, label, line)
    try:
        return json.loads(text)
    except RecursionError:
        return None
    except json.JSONDecodeError as error:
        where = f"{label}:{line + error.lineno - 1}"
        near = excerpt(text[max(0, error.pos - 30) : error.pos + 30])
        raise DataError(
            f"{where}: broken JSON at column {error.colno} ({error.msg}), near {near!r}. "
            "Mend the line or delete it; a whole row is never skipped unasked."
        ) from error
    except ValueError:
        return None


def _text(data: bytes, label: str, line: int = 1) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = line + data.count(b"\n", 0, error.start)
        raise DataError(
            f"{label}:{row}: byte 0x{data[error.start]:02x} is not UTF-8. Save the file as UTF-8, "
            "for example with `iconv -f latin1 -t utf-8`."
        ) from error


def _header(names: Sequence[str], label: str) -> list[str]:
    header = [name.strip() for name in names]
    is_data = any(not name or len(name) > LONGEST_COLUMN_NAME or name.replace(".", "").isdigit() for name in header)
    if header and (is_data or len(set(header)) < len(header)):
        raise DataError(
            f"{label}:1: the first line must name the columns, each once; seen: {excerpt(header)}. "
            "Add a header line such as prompt,chosen,rejected."
        )
    return header
