"""Whatever a file holds: an error of ours that names it, or rows that are each accepted or rejected; as a stream, too."""

import bz2
import csv
import gzip
import io
import json
import lzma
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from evals.data.check import CheckedData, CheckRequest, examine
from evals.data.examples import RejectedRow, SourceRow
from evals.data.formats import detect
from evals.data.layouts import CHECKED
from evals.data.load import Table, load
from evals.data.reading import read_table
from evals.data.streaming import examine_stream
from evals.data.streaming_rows import stream
from reports.errors import TunegateError

Row = SourceRow | RejectedRow

ODD = st.sampled_from(
    [
        "NaN",
        "-Infinity",
        "1e999",
        "9" * 400,
        "-" + "9" * 30,
        '"\\ud800"',
        '"\\udfff x"',
        '"\\u0000"',
        "[" * 60 + "]" * 60,
        "1.0E+2",
        '""',
    ]
)
CALLS = st.sampled_from(['[{"function": {"name": "brew"}}]', "[]", "null", "3", '"brew"'])
ROLES = (
    st.sampled_from(["user", "assistant", "system", "tool", "human", "gpt", "narrator", "", "developer"]).map(json.dumps) | ODD
)
TEXTS = st.text(max_size=12).map(json.dumps)
SCALARS = TEXTS | ODD | st.integers().map(str) | st.sampled_from(["true", "false", "null"])


def write_object(pairs: list[tuple[str, str]]) -> str:
    """Write an object as JSON; a name may stand in it twice."""
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in pairs) + "}"


def objects(names: list[str], values: st.SearchStrategy[str], size: int = 5) -> st.SearchStrategy[str]:
    """Draw JSON objects."""
    return st.lists(st.tuples(st.sampled_from(names) | st.text(max_size=3), values), max_size=size).map(write_object)


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Draw JSON arrays."""
    return st.lists(values, max_size=4).map(lambda found: f"[{', '.join(found)}]")


PARTS = arrays(objects(["type", "text"], st.just('"text"') | TEXTS))
TURN = st.tuples(ROLES, TEXTS | PARTS | ODD, CALLS, st.sampled_from(["0", "1", "0.0", "null"]))
TURNS = arrays(
    TURN.map(lambda turn: write_object(list(zip(("role", "content", "tool_calls", "weight"), turn, strict=True))))
    | objects(["from", "value", "role", "content", "function_call"], SCALARS)
    | SCALARS
)
VALUES = TURNS | SCALARS | st.recursive(SCALARS, lambda inner: arrays(inner) | objects(["messages"], inner), max_leaves=6)
NAMES = sorted({name for columns in CHECKED for name in columns.needed} | {"tools", "functions", "format", "synthetic"})
ROWS = st.lists(objects(NAMES, VALUES) | objects(["messages", "prompt", "completion"], TURNS | TEXTS) | VALUES, max_size=8)
CELLS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ['"', '""', 'a"b', "a,b", "\n", "\r\n", "\t", "[{", "[]"]
)


@contextmanager
def file(name: str, data: bytes) -> Iterator[Path]:
    """Write a file for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        yield path


def read_whole(path: Path) -> list[Row] | None:
    """Return all rows in order; None where the file is refused."""
    try:
        table = load(str(path))
    except TunegateError as error:
        assert path.name in str(error)
        return None
    return sorted([*table.rows, *table.rejected], key=lambda row: row.number)


def read_streamed(path: Path) -> list[Row] | None:
    """Return all rows; None where the file is refused, or holds none that can be used."""
    try:
        rows = list(stream(path))
    except TunegateError as error:
        assert path.name in str(error)
        return None
    return rows if any(isinstance(row, SourceRow) for row in rows) else None


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, cut=st.integers(0, 40))
def test_json_lines_are_refused_or_each_is_counted(rows: list[str], cut: int) -> None:
    text = "\n".join(rows).encode("utf-8", "surrogatepass")
    with file("rows.jsonl", text[: len(text) - cut] if cut < 10 else text) as path:
        whole = read_whole(path)
        assert repr(whole) == repr(read_streamed(path))
    if whole is None:
        return
    assert cut < 10 or len(whole) == len([row for row in rows if row.strip()])
    usable = [row for row in whole if isinstance(row, SourceRow)]
    try:
        layout = detect(usable, "rows.jsonl", CHECKED, asks=True)
    except TunegateError as error:
        assert str(error).startswith("rows.jsonl:")
    else:
        rejected = [row for row in whole if isinstance(row, RejectedRow)]
        source = read_table(Table("rows.jsonl", "", usable, rejected), layout, with_messages=True)
        numbers = [row.number for row in source.examples] + [row.number for row in source.rejected]
        assert sorted(numbers) == [row.number for row in whole]


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(objects(["prompt", "completion", "tools"], TURNS | TEXTS, size=3), min_size=1, max_size=6))
def test_all_checks_end_in_an_answer_or_an_error_of_ours(rows: list[str]) -> None:
    with file("rows.jsonl", "\n".join(rows).encode("utf-8", "surrogatepass")) as path:
        found: list[CheckedData | None] = []
        for look in (examine, examine_stream):
            try:
                found.append(look(CheckRequest((str(path),))).found)
            except TunegateError as error:
                assert "rows.jsonl" in str(error)
                found.append(None)
    whole, streamed = found
    assert (whole is None) == (streamed is None)
    if whole and streamed:
        assert whole.rows == streamed.rows == sum(source.rows + source.rejected for source in whole.profile.sources)
        assert [check for check in whole.checks if check.code != "READ001"] == [
            check for check in streamed.checks if check.code != "READ001"
        ]


@settings(max_examples=200, deadline=None)
@given(table=st.lists(st.lists(CELLS, max_size=4), max_size=6), is_quoted=st.booleans(), is_tsv=st.booleans())
def test_tables_with_odd_quotes_are_refused_or_each_row_is_counted(table: list[list[str]], is_quoted: bool, is_tsv: bool) -> None:
    delimiter = "\t" if is_tsv else ","
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["prompt", "completion"], *table])
    data = text.getvalue() if is_quoted else "\n".join(map(delimiter.join, [["prompt", "completion"], *table]))
    with file("rows.tsv" if is_tsv else "rows.csv", data.encode("utf-8")) as path:
        whole = read_whole(path)
        assert whole == read_streamed(path)
    if whole is not None:
        assert [row.number for row in whole] == list(range(1, len(whole) + 1))
        if is_quoted:
            assert len(whole) == len([cells for cells in table if cells])


@settings(max_examples=100, deadline=None)
@given(
    data=st.binary(max_size=60),
    name=st.sampled_from(["rows.csv", "rows.json", "rows.jsonl", "rows.parquet", "rows.arrow", "rows"]),
)
@example(data=b"PAR1", name="rows.parquet")
@example(data=b"ARROW1\0\0", name="rows.arrow")
@example(data=b"\x1f\x8b", name="rows.jsonl")
@example(data=b'{"prompt": "\xed\xa0\x80"}', name="rows.jsonl")
def test_any_bytes_are_refused_or_read(data: bytes, name: str) -> None:
    with file(name, data) as path:
        whole, streamed = read_whole(path), read_streamed(path)
        assert name == "rows.json" or repr(whole) == repr(streamed)


@settings(max_examples=60, deadline=None)
@given(
    pack=st.sampled_from([gzip.compress, bz2.compress, lzma.compress]),
    keep=st.floats(0, 1, exclude_max=True),
    rows=st.integers(1, 300),
)
def test_a_torn_packed_file_gives_an_error_and_never_fewer_rows(pack: Callable[[bytes], bytes], keep: float, rows: int) -> None:
    packed = pack("".join(json.dumps({"prompt": f"tea {n}", "completion": "mint"}) + "\n" for n in range(rows)).encode())
    with file("rows.jsonl.gz", packed[: int(keep * len(packed))]) as path:
        assert (read_whole(path), read_streamed(path)) == (None, None)
