"""Every layout in files of every kind: what is detected, how many rows are accepted, what they become."""

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from evals.data.examples import SourceRow
from evals.data.formats import detect, normalise
from evals.data.layouts import CHECKED
from evals.data.load import Table, load
from evals.data.reading import read_table
from evals.data.rejection import Rejected
from evals.data.streaming_rows import stream
from reports.errors import DataError, UsageError
from selector.commands.check import command
from selector.commands.recommend import command as recommend
from tests.evals.data.layout_table import BAD, GOOD, LAYOUTS, TOOL, USER, Case, Row

Write = Callable[[Path, Sequence[Row]], None]


def write_lines(path: Path, rows: Sequence[Row]) -> None:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_array(path: Path, rows: Sequence[Row]) -> None:
    """Write a JSON array."""
    path.write_text(json.dumps(rows, indent=1))


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write CSV or TSV, with what is no string as JSON."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if path.suffix == ".tsv" else ",")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: value if isinstance(value, str) else json.dumps(value) for name, value in row.items()})
    path.write_text(text.getvalue(), newline="")


def write_parquet(path: Path, rows: Sequence[Row]) -> None:
    """Write Parquet."""
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)


def write_arrow(path: Path, rows: Sequence[Row]) -> None:
    """Write an Arrow file."""
    import pyarrow

    table = pyarrow.Table.from_pylist(list(rows))
    with pyarrow.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)


def packed(pack: Callable[[bytes], bytes]) -> Write:
    """Write packed JSON lines."""

    def write(path: Path, rows: Sequence[Row]) -> None:
        write_lines(path, rows)
        path.write_bytes(pack(path.read_bytes()))

    return write


def zstandard(data: bytes) -> bytes:
    """Compress as `zstd` does."""
    import pyarrow

    found: bytes = pyarrow.compress(data, codec="zstd", asbytes=True)
    return found


FILES: dict[str, Write] = {
    "rows.jsonl": write_lines,
    "rows.json": write_array,
    "rows.csv": write_table,
    "rows.tsv": write_table,
    "rows.parquet": write_parquet,
    "rows.arrow": write_arrow,
    "rows.jsonl.gz": packed(gzip.compress),
    "rows.jsonl.bz2": packed(bz2.compress),
    "rows.jsonl.xz": packed(lzma.compress),
    "rows.jsonl.zst": packed(zstandard),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("case", LAYOUTS.values(), ids=LAYOUTS)
def test_a_file_of_any_kind_gives_the_canonical_rows(tmp_path: Path, case: Case, name: str) -> None:
    path = tmp_path / name
    FILES[name](path, [case.row, case.row])
    table = load(str(path))
    layout = detect(table.rows, table.label, CHECKED, asks=True)
    source = read_table(table, layout, with_messages=False)
    assert (layout.name, [row.fields for row in source.examples], source.rejected) == (case.layout, [case.fields] * 2, [])
    assert layout.because
    assert list(stream(path)) == table.rows


@pytest.mark.parametrize("case", [case for case in LAYOUTS.values() if case.is_trained])
def test_a_run_reads_what_the_checks_read(case: Case) -> None:
    layout = detect([SourceRow(1, case.row)])
    assert (layout.name, normalise(case.row, layout)) == (case.layout, case.fields)


@pytest.mark.parametrize("name", [name for name, case in LAYOUTS.items() if "tool calls" in name or "function" in name])
def test_a_run_says_that_calls_of_tools_are_not_trained_on(name: str) -> None:
    row = LAYOUTS[name].row
    assert normalise(row, detect([SourceRow(1, row)])) == Rejected(
        "turn 2 of 'messages' calls a tool, which is checked but not trained on yet"
    )


@pytest.mark.parametrize("case", LAYOUTS.values(), ids=LAYOUTS)
def test_the_command_ends_with_0_and_counts_both_rows(tmp_path: Path, case: Case) -> None:
    write_lines(tmp_path / "rows.jsonl", [case.row, case.row])
    result = CliRunner().invoke(command, [str(tmp_path / "rows.jsonl"), "--json"], standalone_mode=False)
    source = json.loads(result.stdout)["profile"]["sources"][0]
    assert (result.return_value, source["layout"], source["rows"], source["rejected"]) == (0, case.layout, 2, 0)


TOOLS = {name: case.row for name, case in LAYOUTS.items() if name.startswith("OpenAI") and "tools" in json.dumps(case.row)}


@pytest.mark.parametrize("row", [*TOOLS.values(), {"messages": [USER, GOOD], "tools": json.dumps([TOOL])}])
def test_definitions_of_tools_are_carried(row: Row) -> None:
    layout = detect([SourceRow(1, row)], "rows", CHECKED)
    example = read_table(load_row(row), layout, with_messages=True).examples[0]
    assert json.loads(example.carried["tools"]) == [TOOL]


def load_row(row: Row) -> Table:
    """Return a table of one row."""
    return Table("rows.jsonl", "", [SourceRow(1, row)], [])


@pytest.mark.parametrize("tools", [None, [], "brew", "[{broken", [1], {}])
def test_what_defines_no_tools_is_not_carried(tools: object) -> None:
    row: Row = {"messages": [USER, GOOD], "tools": tools}
    layout = detect([SourceRow(1, row)], "rows", CHECKED)
    assert "tools" not in read_table(load_row(row), layout, with_messages=True).examples[0].carried


def test_a_dialogue_whose_answers_all_have_weight_0_is_rejected() -> None:
    row: Row = {"messages": [USER, {**BAD, "weight": 0}]}
    assert normalise(row, detect([SourceRow(1, row)])) == Rejected(
        "every answer in 'messages' has the weight 0, so nothing is to be learned"
    )


def test_an_answer_that_is_json_stays_text_in_a_table(tmp_path: Path) -> None:
    row: Row = {"prompt": "List two teas.", "completion": '[{"name": "mint"}, {"name": "chai"}]'}
    write_table(tmp_path / "rows.csv", [row])
    assert load(str(tmp_path / "rows.csv")).rows == [SourceRow(1, row)]


def test_a_recommendation_takes_the_layout_of_an_ambiguous_file(tmp_path: Path) -> None:
    write_lines(tmp_path / "rows.jsonl", [{"prompt": "a", "chosen": "b", "rejected": "c", "completion": "d"}])
    flags = ["--data", str(tmp_path / "rows.jsonl"), "--no-machine", "--json"]
    with pytest.raises(DataError, match="--layout preference or --layout prompt-completion"):
        CliRunner().invoke(recommend, flags, standalone_mode=False, catch_exceptions=False)
    with pytest.raises(UsageError, match="no such layout"):
        CliRunner().invoke(recommend, [*flags, "--layout", "poem"], standalone_mode=False, catch_exceptions=False)
    result = CliRunner().invoke(recommend, [*flags, "--layout", "preference"], standalone_mode=False)
    assert json.loads(result.stdout)["ranking"]
