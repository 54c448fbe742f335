"""Files read as a stream: the same rows, the same findings, the same cleaned set, and never all rows at once."""

import bz2
import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from evals.data import streaming_array
from evals.data.check import CheckRequest, examine
from evals.data.examples import SourceRow
from evals.data.fixing import DIFF
from evals.data.keys import words_key
from evals.data.load import load
from evals.data.seen import SeenKeys
from evals.data.streaming import Reservoir, examine_stream, exceeds_memory
from evals.data.streaming_fix import clean_stream
from evals.data.streaming_rows import stream
from reports.errors import DataError, UsageError
from selector.commands.check import command
from tests.evals.data.rows import pair, transcript, write_lines

Pack = Callable[[bytes], bytes]

FAULTY: list[Mapping[str, object]] = [
    {"prompt": "a"},
    {"prompt": " ", "chosen": "a", "rejected": "b"},
    {"prompt": "Which tea?", "chosen": "a", "rejected": "a"},
    {"prompt": "Which key?", "chosen": "ghp_" + "a1b2" * 10, "rejected": "b"},
]


def zstandard(data: bytes) -> bytes:
    """Compress as `zstd` does."""
    import pyarrow

    packed: bytes = pyarrow.compress(data, codec="zstd", asbytes=True)
    return packed


def table(delimiter: str) -> bytes:
    """Write pairs as CSV or TSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, ["prompt", "chosen", "rejected"], delimiter=delimiter)
    writer.writeheader()
    writer.writerows(pair(n) for n in range(30))
    return text.getvalue().encode("utf-8-sig")


def parquet() -> bytes:
    """Write pairs as Parquet, in row groups of seven."""
    import pyarrow
    import pyarrow.parquet

    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([pair(n) for n in range(30)]), file, row_group_size=7)
    return file.getvalue()


def arrow(is_file: bool) -> bytes:
    """Write pairs as Arrow batches of seven."""
    import pyarrow

    rows = pyarrow.Table.from_pylist([pair(n) for n in range(30)])
    sink = io.BytesIO()
    with (pyarrow.ipc.new_file if is_file else pyarrow.ipc.new_stream)(sink, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=7)
    return sink.getvalue()


def lines() -> bytes:
    """Write pairs as JSON lines, with a blank line, a number and NaN between them."""
    written = [json.dumps(pair(n)) for n in range(30)]
    return "\n".join([*written[:9], "", "3", '{"prompt": NaN}', *written[9:]]).encode()


def array() -> bytes:
    """Write pairs as one array, with spaces, a number and NaN between them."""
    written = [json.dumps(pair(n), indent=n % 3 or None) for n in range(30)]
    return ("\ufeff\n[ " + " ,\n".join([*written[:9], "3", '{"prompt": NaN}', *written[9:]]) + " ]\n").encode()


FILES: dict[str, Callable[[], bytes]] = {
    "rows.jsonl": lines,
    "rows.json": lines,
    "array.json": array,
    "rows.csv": lambda: table(","),
    "rows.tsv": lambda: table("\t"),
    "rows.parquet": parquet,
    "file.arrow": lambda: arrow(True),
    "stream.arrow": lambda: arrow(False),
}
PACKED: dict[str, Pack] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard}


@pytest.mark.parametrize("name", FILES)
def test_a_stream_gives_the_rows_that_reading_whole_gives(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    whole = load(str(path))
    streamed = list(stream(path))
    assert [row for row in streamed if isinstance(row, SourceRow)] == whole.rows
    assert [row for row in streamed if not isinstance(row, SourceRow)] == whole.rejected
    assert [row.number for row in streamed] == sorted(row.number for row in streamed) and len(whole.rows) == 30


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.csv"])
def test_packed_files_are_unpacked_piece_by_piece(tmp_path: Path, name: str, suffix: str) -> None:
    plain, packed = tmp_path / name, tmp_path / f"{name}{suffix}"
    plain.write_bytes(FILES[name]())
    packed.write_bytes(PACKED[suffix](plain.read_bytes()))
    assert list(stream(packed)) == list(stream(plain))


@pytest.mark.parametrize("suffix", PACKED)
def test_a_torn_packed_file_is_refused_by_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rows.jsonl{suffix}"
    path.write_bytes(PACKED[suffix](b"\n".join([lines()] * 50))[:-30])
    with pytest.raises(DataError, match=r"rows\.jsonl\..*cannot be read to its end"):
        list(stream(path))


@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_an_array_is_cut_into_rows_wherever_its_pieces_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr(streaming_array, "PIECE", piece)
    path = tmp_path / "rows.json"
    path.write_bytes(array())
    whole = load(str(path))
    streamed = list(stream(path))
    assert [row for row in streamed if isinstance(row, SourceRow)] == whole.rows
    assert [row for row in streamed if not isinstance(row, SourceRow)] == whole.rejected


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ('[{"a": 1}, {"a": ', "row 2 of the array is broken JSON"),
        ('[{"a": 1}, {"a" 2}]', "row 2 of the array is broken JSON"),
        ('[{"a": 1} {"a": 2}]', "row 1 of the array is broken JSON"),
        ('[{"a": 1},]', "row 2 of the array is broken JSON"),
        ('[{"a": 1}] {}', "something follows the end of the array"),
        ("[" * 9000, "nesting without end"),
        ('[{"a": ' + "9" * 5000 + "}]", "number or a nesting without end"),
        ('{\n"a": 1}', "one object, which can only be read whole"),
    ],
)
def test_a_broken_array_is_refused_with_its_row(tmp_path: Path, text: str, because: str) -> None:
    (tmp_path / "rows.json").write_text(text)
    with pytest.raises(DataError, match=because):
        list(stream(tmp_path / "rows.json"))


def test_a_row_without_end_is_not_read_to_the_end_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming_array, "PIECE", 100)
    monkeypatch.setattr(streaming_array, "LARGEST_ROW", 1000)
    (tmp_path / "rows.json").write_text('[{"a": "' + "x" * 10_000_000)
    with (tmp_path / "rows.json").open("rb") as file, pytest.raises(DataError, match="row 1 of the array"):
        list(streaming_array.iterate_array(file, "rows.json"))
    assert list(streaming_array.iterate_array(io.BytesIO(b" [ ] "), "rows.json")) == []


def test_what_can_only_be_read_whole_is_refused_with_the_way_out(tmp_path: Path) -> None:
    packed = tmp_path / "rows.parquet.gz"
    packed.write_bytes(gzip.compress(parquet()))
    with pytest.raises(DataError, match="Unpack it first"):
        list(stream(packed))


def test_a_byte_that_is_no_utf_8_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(b"prompt,completion\na,b\n" + b"c,d\n" * 5000 + b"\xe9,f\n")
    with pytest.raises(DataError, match="byte 0xe9 is not UTF-8"):
        list(stream(path))


@pytest.fixture
def request_with_faults(tmp_path: Path) -> CheckRequest:
    """Two files with every fault of the full pass, one repeating rows of the other, and a file to measure on."""
    rows: list[Mapping[str, object]] = [*(pair(n % 2200) for n in range(2300)), *FAULTY]
    first = write_lines(tmp_path / "first.jsonl", rows)
    second = write_lines(tmp_path / "second.jsonl", [pair(n) for n in range(2150, 2250)])
    held_out = write_lines(tmp_path / "held_out.jsonl", [pair(7), pair(2240)])
    return CheckRequest((str(first), str(second)), (str(held_out),))


def test_a_stream_of_few_rows_finds_what_reading_whole_finds(request_with_faults: CheckRequest) -> None:
    whole, streamed = examine(request_with_faults).found, examine_stream(request_with_faults).found
    assert {check.code for check in whole.checks if check.state in ("warn", "fail")} >= {
        "EMPTY001",
        "PAIR001",
        "DUP001",
        "SEC001",
    }
    assert (streamed.checks, streamed.rows, streamed.left) == (whole.checks, whole.rows, whole.left)
    assert streamed.profile.sources == whole.profile.sources


def test_a_sample_is_named_and_the_full_pass_stays_whole(request_with_faults: CheckRequest) -> None:
    whole = {check.code: check for check in examine(request_with_faults).found.checks}
    found = examine_stream(request_with_faults, sample=500).found
    full = {"READ001", "LEN001", "EMPTY001", "PAIR001", "DUP001", "SEC001", "LEAK001", "ROWS001"}
    assert all(check == whole[check.code] for check in found.checks if check.code in full)
    sampled = [check for check in found.checks if check.code not in full and check.state != "skipped"]
    assert sampled and all(check.because.endswith("; read in a sample of 500 of 2,404 rows") for check in sampled)
    assert not any("sample" in check.because for check in found.checks if check.code in full)


def test_clean_transcripts_pass_as_a_stream(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [transcript(n) for n in range(40)])
    found = examine_stream(CheckRequest((str(path),))).found
    assert (found.passed, found.left, found.profile.sources[0].layout) == (True, 40, "preference (transcript)")


def test_cleaning_as_a_stream_writes_all_rows_but_the_faulty_ones(tmp_path: Path, request_with_faults: CheckRequest) -> None:
    fixed = clean_stream(request_with_faults, tmp_path / "stream").fixed
    kept = [json.loads(line) for path in fixed.files for line in path.read_text().splitlines()]
    assert kept == [pair(n) for n in range(2250) if n not in (7, 2240)]
    assert (fixed.kept, fixed.removed) == (2248, 2404 - 2248)
    removed = (tmp_path / "stream" / DIFF).read_text()
    assert all(reason in removed for reason in ("READ001", "the prompt or an answer is blank", "SEC001", "LEAK001"))


def test_a_stream_that_breaks_leaves_nothing_behind(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [pair(n) for n in range(5000)])
    path.write_text(path.read_text() + '{"prompt": "torn')
    with pytest.raises(DataError, match=r"rows\.jsonl:5001: broken JSON"):
        clean_stream(CheckRequest((str(path),)), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_keys_that_came_before_are_told_across_calls() -> None:
    seen = SeenKeys()
    keys = [words_key(str(n)) for n in range(1000)]
    assert seen.add([*keys[:3], keys[0]]) == [3]
    assert [seen.add(keys[start : start + 7]) for start in range(3, 1000, 7)] == [[]] * 143
    assert seen.add(keys) == list(range(1000))
    assert seen.add([bytes(16), words_key("new"), bytes(16)]) == [2]


def test_every_row_is_as_likely_in_the_sample() -> None:
    counts = [0] * 20
    for start in range(400):
        reservoir = Reservoir(5)
        reservoir._draw.seed(start)
        reservoir.add(0, [SourceRow(n, {}) for n in range(20)])
        for row in reservoir.table(0, "").rows:
            counts[row.number] += 1
    assert sum(counts) == 2000 and all(60 < count < 145 for count in counts)


def test_size_decides_what_is_a_stream(tmp_path: Path) -> None:
    small, large = tmp_path / "small.jsonl", tmp_path / "large.jsonl"
    small.write_text("{}")
    with large.open("wb") as file:
        file.truncate(2**40)
    assert (exceeds_memory([str(small)]), exceeds_memory([str(large)])) == (False, True)


def test_a_hub_name_is_no_stream() -> None:
    with pytest.raises(UsageError, match="leave --stream out"):
        examine_stream(CheckRequest(("shop/pairs",)))


def test_the_command_streams_cleans_and_ends_as_the_gate_says(tmp_path: Path, request_with_faults: CheckRequest) -> None:
    flags = [*request_with_faults.sources, "--against", *request_with_faults.against, "--stream", "--json"]
    result = CliRunner().invoke(command, [*flags, "--fix", str(tmp_path / "out")], standalone_mode=False)
    found = json.loads(result.stdout)
    assert (result.return_value, found["rows"], "Read as a stream" in found["profile"]["notes"][-1]) == (1, 2404, True)
    assert "note: 2,248 rows written" in result.stderr
    assert CliRunner().invoke(command, [str(tmp_path / "out"), "--stream"], standalone_mode=False).return_value == 0
