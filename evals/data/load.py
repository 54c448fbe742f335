"""Sources of data: files of every common kind, and data sets of the hub."""

import hashlib
import re
from pathlib import Path
from typing import Final, Literal, NamedTuple

from evals.data.compression import unpack, without_suffix
from evals.data.examples import RejectedRow, SourceRow
from evals.data.parsing import Parsed, parse_array, parse_arrow, parse_lines, parse_parquet, parse_table, unwrap
from reports.errors import DataError, MissingError
from reports.records.plan import DataRef

FileKind = Literal["parquet", "arrow", "table", "array", "lines"]

MARK: Final = b"\xef\xbb\xbf"
SUFFIXES: Final = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet", ".arrow")
HUB_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(:[\w.-]+)?(@[\w.\[\]:%+-]+)?")
KINDS: Final = "JSON lines, JSON, CSV, TSV, Parquet or Arrow, each also as .gz, .bz2, .xz or .zst"


class Table(NamedTuple):
    """A source as it was read: every row is in `rows` or in `rejected`."""

    label: str
    """File or hub name; never a path."""
    digest: str
    """sha256 of the file's bytes; of a hub data set, of its rows."""
    rows: list[SourceRow]
    rejected: list[RejectedRow]


def load(source: str) -> Table:
    """Read a local file, or a hub data set written as `name[:config][@split]`.

    Raises:
        DataError: the file is none, cannot be read as rows, or holds none; the message names file and row.
        MissingError: neither a file nor a reachable hub data set has this name.
    """
    path = Path(source).expanduser()
    if path.exists():
        table = _load_file(path)
    elif without_suffix(path.name).endswith(SUFFIXES) or not HUB_NAME.fullmatch(source):
        raise MissingError(f"{source}: this file does not exist. Check the name and the folder you are in ({Path.cwd().name}).")
    else:
        from evals.data.hub import load_hub

        table = Table(source, *load_hub(source))
    if not table.rows:
        found = f"; row {table.rejected[0].number}: {table.rejected[0].reason}" if table.rejected else ""
        raise DataError(
            f"{table.label}: holds no usable row ({len(table.rejected)} read{found}). Give a file with one object a row."
        )
    return table


def describe(source: str, kind: str | None = None) -> DataRef:
    """Read a source, detect its layout and digest it; rows that fit `kind` are read as that.

    Raises:
        DataError: see `load`, and where the rows have no accepted layout or several.
        MissingError: see `load`.
    """
    from evals.data.formats import detect_as

    table = load(source)
    layout = detect_as(table.rows, table.label, kind)
    path = Path(source).expanduser()
    return DataRef(
        source=str(path.resolve()) if path.exists() else source,
        label=table.label,
        digest=table.digest,
        rows=len(table.rows),
        layout=layout.name,
        kind=kind or "",
    )


def _load_file(path: Path) -> Table:
    if path.is_dir():
        raise DataError(f"{path}: this is a folder. Name a file in it ({KINDS}).")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}). Check its permissions.") from error
    parsed = _parse(without_suffix(path.name.lower()), unpack(raw, path.name), path.name)
    return Table(path.name, hashlib.sha256(raw).hexdigest(), *parsed)


def _parse(name: str, data: bytes, label: str) -> Parsed:
    kind = kind_of(name, data, label)
    if kind == "parquet":
        return parse_parquet(data, label)
    if kind == "arrow":
        return parse_arrow(data, label)
    if kind == "table":
        return parse_table(data, label, delimiter_of(name, data))
    data = data.removeprefix(MARK)
    parsed = parse_array(data, label) if kind == "array" else parse_lines(data, label)
    return unwrap(parsed) if name.endswith(".json") else parsed


def kind_of(name: str, head: bytes, label: str) -> FileKind:
    """Tell a kind of file by its name without the suffix of a compression, and by its first bytes.

    Raises:
        DataError: it is none that can be read.
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"ARROW1") or name.endswith(".arrow"):
        return "arrow"
    _refuse_binary(head, label)
    head = head.removeprefix(MARK)
    if name.endswith((".csv", ".tsv")):
        return "table"
    first = head.lstrip()[:1]
    is_whole = first == b"[" or _is_spread_object(head)
    if is_whole and not name.endswith((".jsonl", ".ndjson")):
        return "array"
    if not first or first == b"{" or name.endswith((".json", ".jsonl", ".ndjson")):
        return "lines"
    raise DataError(f"{label}: the kind of file is not known. Accepted are {KINDS}; name the file accordingly.")


def delimiter_of(name: str, head: bytes) -> str:
    """Return what stands between the cells of a table: what its name says, unless its first line has only another."""
    first = head.lstrip().split(b"\n", 1)[0].decode("utf-8", "replace")
    usual = "\t" if name.endswith(".tsv") else ","
    return usual if usual in first else max(f"{usual};\t,", key=first.count)


def _is_spread_object(data: bytes) -> bool:
    return data.lstrip().split(b"\n", 1)[0].rstrip() == b"{"


def _refuse_binary(data: bytes, label: str) -> None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{label}:1: the file is UTF-16. Save it as UTF-8, for example with `iconv -f utf-16 -t utf-8`.")
    if b"\0" in data[:8192]:
        raise DataError(
            f"{label}: a binary file (it begins with bytes {data[:4].hex(' ')}), and rows of text are expected. "
            f"Accepted are {KINDS}."
        )
