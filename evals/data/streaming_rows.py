"""Reading a file row by row, so that its size does not matter."""

import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from evals.data.compression import KNOWN, OPENERS, without_suffix
from evals.data.examples import RejectedRow, SourceRow, excerpt
from evals.data.load import MARK, FileKind, delimiter_of, kind_of
from evals.data.parsing import iterate_lines, iterate_table
from evals.data.streaming_array import iterate_array
from reports.errors import DataError

if TYPE_CHECKING:
    import pyarrow

HEAD_BYTES: Final = 8192
BATCH: Final = 1000

Row = SourceRow | RejectedRow


def stream(path: Path) -> Iterator[Row]:
    """Read the rows of a file one by one, numbered and rejected as `load` does.

    Raises:
        DataError: the file is one JSON object over several lines, or a compressed Parquet or Arrow file, which only whole
            can be read, or it is damaged; the message names file and row, and may come after rows.
    """
    name, label = without_suffix(path.name.lower()), path.name
    try:
        with _open(path) as file:
            head = file.peek(HEAD_BYTES)
            kind = kind_of(name, head, label)
            yield from _rows(path, file, name, kind)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{label}: cannot be read to its end ({excerpt(error)}). Fetch or write it again.") from error


def _rows(path: Path, file: io.BufferedReader, name: str, kind: FileKind) -> Iterator[Row]:
    label = path.name
    if kind == "array":
        return _elements(file, label)
    if kind in ("parquet", "arrow"):
        if _packing(path):
            raise DataError(f"{label}: a packed {kind} file, which can only be read whole. Unpack it first.")
        return _records(path, kind)
    if file.peek(len(MARK)).startswith(MARK):
        file.read(len(MARK))
    if kind == "table":
        return _cells(file, label, delimiter_of(name, file.peek(HEAD_BYTES)))
    return iterate_lines(((number, line.removesuffix(b"\n")) for number, line in enumerate(file, start=1)), label)


def _elements(file: BinaryIO, label: str) -> Iterator[Row]:
    number = 0
    try:
        for row in iterate_lines(iterate_array(file, label), label):
            number = row.number
            yield row
    except UnicodeDecodeError as error:
        raise _not_utf8(error, label, number) from error


def _cells(file: BinaryIO, label: str, delimiter: str) -> Iterator[Row]:
    number = 0
    try:
        with io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
            for row in iterate_table(text, label, delimiter):
                number = row.number
                yield row
    except UnicodeDecodeError as error:
        raise _not_utf8(error, label, number) from error


def _not_utf8(error: UnicodeDecodeError, label: str, number: int) -> DataError:
    return DataError(
        f"{label}: after row {number}, byte 0x{error.object[error.start]:02x} is not UTF-8. Save the file as UTF-8, "
        "for example with `iconv -f latin1 -t utf-8`."
    )


def _records(path: Path, kind: FileKind) -> Iterator[Row]:
    import pyarrow

    number = 0
    try:
        for batch in _parquet_batches(path) if kind == "parquet" else _arrow_batches(path):
            for start in range(0, batch.num_rows, BATCH):
                for values in batch.slice(start, BATCH).to_pylist():
                    number += 1
                    yield SourceRow(number, values)
    except pyarrow.ArrowException as error:
        raise DataError(
            f"{path.name}: after row {number}, not a readable {kind.capitalize()} file ({excerpt(error)}). "
            "Write it again from its source."
        ) from error


def _parquet_batches(path: Path) -> "Iterator[pyarrow.RecordBatch]":
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        yield from file.iter_batches(batch_size=BATCH)


def _arrow_batches(path: Path) -> "Iterator[pyarrow.RecordBatch]":
    import pyarrow

    with pyarrow.memory_map(str(path)) as file:
        if file.read(6) == b"ARROW1":
            reader = pyarrow.ipc.open_file(file)
            yield from (reader.get_batch(place) for place in range(reader.num_record_batches))
        else:
            file.seek(0)
            yield from pyarrow.ipc.open_stream(file)


def _packing(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return next((kind for magic, kind, _ in KNOWN if head.startswith(magic)), "")


@contextmanager
def _open(path: Path) -> Iterator[io.BufferedReader]:
    opened = OPENERS[_packing(path)](path)
    with opened:
        yield opened if isinstance(opened, io.BufferedReader) else io.BufferedReader(cast("io.RawIOBase", opened))
