"""Loading: every kind of file gives the same rows, and every fault one paragraph with file and row."""

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.data.load import describe, load
from evals.data.streaming_rows import stream
from reports.digest import file_digest
from reports.errors import DataError, MissingError
from tests.evals.data.rows import pair, write_lines

ROWS = [pair(number) for number in range(30)]
Writer = Callable[[Path], Path]


def write_array(folder: Path) -> Path:
    path = folder / "pairs.json"
    path.write_text(json.dumps(ROWS, indent=1))
    return path


def write_json_with_lines(folder: Path) -> Path:
    return write_lines(folder / "pairs.json", ROWS)


def write_csv(folder: Path) -> Path:
    return _write_table(folder / "pairs.csv", ",")


def write_tsv(folder: Path) -> Path:
    return _write_table(folder / "pairs.tsv", "\t")


def write_gzip(folder: Path) -> Path:
    path = folder / "pairs.jsonl.gz"
    path.write_bytes(gzip.compress(write_lines(folder / "pairs.jsonl", ROWS).read_bytes()))
    return path


def write_parquet(folder: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), folder / "pairs.parquet")
    return folder / "pairs.parquet"


def write_arrow_file(folder: Path) -> Path:
    return _write_arrow(folder, is_stream=False)


def write_arrow_stream(folder: Path) -> Path:
    return _write_arrow(folder, is_stream=True)


def write_with_byte_order_mark(folder: Path) -> Path:
    path = write_lines(folder / "pairs.jsonl", ROWS)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return path


def _write_table(path: Path, delimiter: str) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["prompt", "chosen", "rejected"], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(ROWS)
    return path


def _write_arrow(folder: Path, is_stream: bool) -> Path:
    import pyarrow

    table = pyarrow.Table.from_pylist(ROWS)
    path = folder / "pairs.arrow"
    writer = (pyarrow.ipc.new_stream if is_stream else pyarrow.ipc.new_file)(str(path), table.schema)
    with writer:
        writer.write_table(table)
    return path


WRITERS: tuple[Writer, ...] = (
    write_array,
    write_json_with_lines,
    write_csv,
    write_tsv,
    write_gzip,
    write_parquet,
    write_arrow_file,
    write_arrow_stream,
    write_with_byte_order_mark,
)


@pytest.mark.parametrize("write", WRITERS)
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, write: Writer) -> None:
    path = write(tmp_path)
    table = load(str(path))
    assert [dict(row.values) for row in table.rows] == ROWS
    assert [row.number for row in table.rows] == list(range(1, 31))
    assert (table.label, table.digest, table.rejected) == (path.name, file_digest(path), [])


def test_describe_names_rows_layout_and_digest(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "pairs.jsonl", ROWS)
    ref = describe(str(path))
    assert (ref.label, ref.rows, ref.layout) == ("pairs.jsonl", 30, "preference (text)")
    assert (ref.source, ref.digest) == (str(path), file_digest(path))


def test_a_relative_source_is_described_by_its_full_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lines(tmp_path / "pairs.jsonl", ROWS)
    monkeypatch.chdir(tmp_path)
    assert describe("pairs.jsonl").source == str(tmp_path / "pairs.jsonl")


def test_blank_lines_are_skipped_and_line_numbers_kept(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n\n   \r\n" + json.dumps(ROWS[1]))
    assert [row.number for row in load(str(path)).rows] == [1, 4]


def test_rows_that_are_no_objects_are_rejected_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join([json.dumps(ROWS[0]), "[1, 2]", '"text"', "null", json.dumps(ROWS[1])]))
    table = load(str(path))
    assert [row.number for row in table.rows] == [1, 5]
    assert [(row.number, row.reason) for row in table.rejected] == [
        (2, "the row is a list, not an object"),
        (3, "the row is a text, not an object"),
        (4, "the row is nothing (null), not an object"),
    ]


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"\\ud800"', "1e999", "1" * 5000, "[" * 9000 + "]" * 9000])
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_a_row_that_only_a_forgiving_reader_takes_is_rejected_alone(tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / name
    path.write_text('{"prompt": "a", "completion": "b"}\n{"prompt": ' + value + "}\n")
    table = load(str(path))
    assert ([row.number for row in table.rows], [row.number for row in table.rejected]) == ([1], [2])


def test_a_row_of_an_array_that_only_a_forgiving_reader_takes_is_rejected_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"prompt": "a", "completion": "b"}, {"prompt": NaN}, 3]')
    table = load(str(path))
    assert ([row.number for row in table.rows], [row.number for row in table.rejected]) == ([1], [2, 3])


def test_broken_json_names_file_line_and_column(tmp_path: Path) -> None:
    path = tmp_path / "pairs.jsonl"
    lines = [json.dumps(row) for row in ROWS]
    lines[6] = '{"prompt": "a" "chosen": "b"}'
    path.write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"pairs\.jsonl:7: broken JSON at column 16 .*\"chosen\"") as caught:
        load(str(path))
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_broken_json_in_an_array_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "pairs.json"
    path.write_text('[\n{"prompt": "a"},\n{"prompt": }\n]')
    with pytest.raises(DataError, match=r"pairs\.json:3: broken JSON at column 12"):
        load(str(path))


@pytest.mark.parametrize("indent", [None, 1])
def test_an_object_that_holds_the_rows_is_read_as_them(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps({"version": 2, "data": ROWS}, indent=indent))
    assert [dict(row.values) for row in load(str(path)).rows] == ROWS


def test_one_object_over_several_lines_is_one_row(tmp_path: Path) -> None:
    path = tmp_path / "pairs.json"
    path.write_text(json.dumps({**ROWS[0], "data": [1]}, indent=1))
    assert [dict(row.values) for row in load(str(path)).rows] == [{**ROWS[0], "data": [1]}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.csv", "prompt;completion\na;b, c\n"),
        ("rows.csv", "prompt\tcompletion\na\tb, c\n"),
        ("rows.tsv", 'prompt,completion\na,"b, c"\n'),
        ("rows.csv", 'prompt,completion;x\na,"b, c"\n'),
    ],
)
def test_the_first_line_of_a_table_tells_what_stands_between_cells(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    whole = load(str(tmp_path / name)).rows
    assert [list(row.values.values()) for row in whole] == [["a", "b, c"]]
    assert list(stream(tmp_path / name)) == whole


FAULTS = {
    "utf-16": ("rows.jsonl", '{"prompt": "a"}'.encode("utf-16"), r"rows\.jsonl:1: the file is UTF-16"),
    "latin-1": ("rows.jsonl", '{"a": "b"}\n{"a": "é"}\n'.encode("latin-1"), r"rows\.jsonl:2: byte 0xe9 is not UTF-8"),
    "latin-1 table": ("rows.csv", "prompt,completion\na,b\né,d\n".encode("latin-1"), r"rows\.csv:3: byte 0xe9"),
    "binary": ("rows.jsonl", b"\x89PNG\r\n\x1a\n\x00\x00\x00", r"rows\.jsonl: a binary file \(it begins with bytes 89 50 4e 47"),
    "empty": ("rows.jsonl", b"", r"rows\.jsonl: holds no usable row \(0 read\)"),
    "only a header": ("rows.csv", b"prompt,completion\n", r"rows\.csv: holds no usable row"),
    "empty array": ("rows.json", b"[]", r"rows\.json: holds no usable row"),
    "no objects": ("rows.jsonl", b"1\n2\n", r"rows\.jsonl: holds no usable row \(2 read; row 1: the row is a number"),
    "no header": ("rows.csv", b"1,2.5\n3,4\n", r"rows\.csv:1: the first line must name the columns"),
    "nameless column": ("rows.csv", b"prompt,,b\n1,2,3\n", r"rows\.csv:1: the first line must name the columns"),
    "column named twice": ("rows.csv", b"prompt,prompt\n1,2\n", r"rows\.csv:1: the first line must name the columns, each once"),
    "open quote": ("rows.csv", b'prompt,completion\na,"b\n', r"rows\.csv:2: not readable as a table"),
    "unknown kind": ("rows.txt", b"hello", r"rows\.txt: the kind of file is not known"),
    "damaged gzip": ("rows.jsonl.gz", gzip.compress(b"{}" * 99)[:-12], r"rows\.jsonl\.gz: the gzip file is damaged"),
    "damaged parquet": ("rows.parquet", b"PAR1 no more", r"rows\.parquet: not a readable Parquet file"),
    "damaged arrow": ("rows.arrow", b"ARROW1 no more", r"rows\.arrow: not a readable Arrow file"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_is_no_table_is_refused_by_name(tmp_path: Path, fault: str) -> None:
    name, data, message = FAULTS[fault]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=message) as caught:
        load(str(tmp_path / name))
    assert "\n" not in str(caught.value)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="this is a folder"):
        load(str(tmp_path))


@pytest.mark.parametrize("name", ["absent.jsonl", "absent.csv.gz", "./absent", "a/b/c"])
def test_a_missing_file_exits_with_3(name: str) -> None:
    with pytest.raises(MissingError, match="this file does not exist") as caught:
        load(name)
    assert caught.value.exit_code == 3


def test_a_row_with_too_few_cells_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('prompt,completion\na,b\nc\n\n"d\ne",f\n')
    table = load(str(path))
    assert [dict(row.values) for row in table.rows] == [{"prompt": "a", "completion": "b"}, {"prompt": "d\ne", "completion": "f"}]
    assert [(row.number, row.reason) for row in table.rejected] == [(2, "the row has 1 cells and the header 2")]


def test_a_long_cell_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"prompt,completion\n{'a' * 200_000},b\n")
    assert len(str(load(str(path)).rows[0].values["prompt"])) == 200_000


def test_local_files_load_without_the_heavy_libraries(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "pairs.jsonl", ROWS)
    code = (
        "import sys; from evals.data.load import describe; describe(sys.argv[1]);"
        "print([m for m in ('datasets', 'pyarrow', 'numpy', 'torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
