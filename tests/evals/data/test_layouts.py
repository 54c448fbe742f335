"""Every layout that the checks read, as strings and as messages, and files of every compression, folder and pattern."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from evals.data.check import CheckedData, CheckRequest, check_files
from evals.data.examples import Fields, Kind, SourceRow
from evals.data.facts import measure_data
from evals.data.formats import detect, detect_as, normalise
from evals.data.layouts import CHECKED
from evals.data.load import describe, load
from evals.data.rejection import Rejected
from evals.data.sources import expand
from reports.errors import DataError, MissingError
from tests.evals.data.rows import pair, write_lines

Row = dict[str, object]

USER = {"role": "user", "content": "Name our shop."}
SYSTEM = {"role": "system", "content": "Be brief."}
GOOD = {"role": "assistant", "content": "Leaf & Cup"}
BAD = {"role": "assistant", "content": "BEST TEA!!!"}
CALL = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "brew", "arguments": "{}"}}]}
CALLED = {"role": "assistant", "content": '[{"function":{"arguments":"{}","name":"brew"}}]'}

TRAINED: dict[str, tuple[Row, str, Fields]] = {
    "ShareGPT": (
        {"conversations": [{"from": "system", "value": "Be brief."}, {"from": "human", "value": "Name our shop."},
                           {"from": "gpt", "value": "Leaf & Cup"}]},
        "prompt-completion (messages)",
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
    ),
    "ChatML in conversations": (
        {"conversations": [USER, GOOD]}, "prompt-completion (messages)", {"prompt": [USER], "completion": [GOOD]}
    ),
    "OpenAI preference": (
        {"input": {"messages": [USER], "tools": []}, "preferred_output": [GOOD], "non_preferred_output": [BAD]},
        "preference (messages)",
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
    ),
    "function turns": (
        {"messages": [USER, GOOD, {"role": "function", "name": "brew", "content": "hot"}, BAD]},
        "prompt-completion (messages)",
        {"prompt": [USER, GOOD, {"role": "tool", "content": "hot"}], "completion": [BAD]},
    ),
    "unpaired strings": (
        {"prompt": "a", "completion": "b", "label": True}, "unpaired-preference (text)", {"prompt": "a", "completion": "b"}
    ),
    "unpaired messages": (
        {"prompt": [USER], "completion": [GOOD], "label": "false"},
        "unpaired-preference (messages)",
        {"prompt": [USER], "completion": [GOOD]},
    ),
    "prompt-only strings": ({"prompt": "a"}, "prompt-only (text)", {"prompt": "a"}),
    "prompt-only messages": ({"prompt": [SYSTEM, USER]}, "prompt-only (messages)", {"prompt": [SYSTEM, USER]}),
    "prompt-only question": ({"question": "Name our shop."}, "prompt-only (messages)", {"prompt": [USER]}),
    "prompt-only dialogue": ({"messages": [SYSTEM, USER], "answer": "4"}, "prompt-only (messages)", {"prompt": [SYSTEM, USER]}),
    "rated response": (
        {"prompt": "Name our shop.", "response": "Leaf & Cup", "label": False},
        "unpaired-preference (messages)",
        {"prompt": [USER], "completion": [GOOD]},
    ),
    "rated dialogue": (
        {"messages": [SYSTEM, USER, GOOD], "label": True},
        "unpaired-preference (messages)",
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
    ),
    "preference behind a dialogue": (
        {"conversations": [{"from": "human", "value": "Name our shop."}], "chosen": {"from": "gpt", "value": "Leaf & Cup"},
         "rejected": {"from": "gpt", "value": "BEST TEA!!!"}},
        "preference (messages)",
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
    ),
    "preference beside its own dialogue": (
        {"messages": [USER, GOOD], "chosen": [USER, GOOD], "rejected": [USER, BAD]},
        "preference (messages)",
        {"prompt": [USER], "chosen": [GOOD], "rejected": [BAD]},
    ),
    "OpenOrca": (
        {"system_prompt": "Be brief.", "question": "Name our shop.", "response": "Leaf & Cup"},
        "prompt-completion (messages)",
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
    ),
    "system beside a dialogue that has its own": (
        {"system": "Be long.", "conversations": [SYSTEM, USER, GOOD]},
        "prompt-completion (messages)",
        {"prompt": [SYSTEM, USER], "completion": [GOOD]},
    ),
    "input and output": (
        {"input": "Name our shop.", "output": "Leaf & Cup"},
        "prompt-completion (messages)",
        {"prompt": [USER], "completion": [GOOD]},
    ),
}  # fmt: skip

ONLY_CHECKED: dict[str, tuple[Row, str, Fields]] = {
    "tool calls": (
        {"messages": [USER, CALL, {"role": "tool", "content": "hot"}, GOOD], "tools": [{"type": "function"}]},
        "prompt-completion (messages)",
        {"prompt": [USER, CALLED, {"role": "tool", "content": "hot"}], "completion": [GOOD]},
    ),
    "stepwise strings": (
        {"prompt": "a", "completions": ["b", "c"], "labels": [True, False]},
        "stepwise (text)",
        {"prompt": "a", "completion": "b\nc"},
    ),
    "stepwise with a prompt of messages": (
        {"prompt": [USER], "completions": ["b", "c"], "labels": [1, 0]},
        "stepwise (messages)",
        {"prompt": [USER], "completion": [{"role": "assistant", "content": "b\nc"}]},
    ),
    "language modelling": (
        {"text": "\n\nHuman: a\n\nAssistant: b"}, "language-modelling (text)", {"prompt": "\n\nHuman: a\n\nAssistant: b"}
    ),
}  # fmt: skip


def read(row: Row) -> tuple[str, Fields | Rejected]:
    """Read one row as the checks do."""
    layout = detect([SourceRow(1, row)], "rows.jsonl", CHECKED, asks=True)
    return layout.name, normalise(row, layout)


@pytest.mark.parametrize(("row", "name", "fields"), (TRAINED | ONLY_CHECKED).values(), ids=TRAINED | ONLY_CHECKED)
def test_the_checks_read_the_layout(row: Row, name: str, fields: Fields) -> None:
    assert read(row) == (name, fields)


@pytest.mark.parametrize(("row", "name", "fields"), TRAINED.values(), ids=TRAINED)
def test_a_run_reads_it_alike(row: Row, name: str, fields: Fields) -> None:
    layout = detect([SourceRow(1, row)])
    assert (layout.name, normalise(row, layout)) == (name, fields)


def test_a_run_refuses_what_it_cannot_train() -> None:
    with pytest.raises(DataError, match=r"rows are language-modelling \(columns text\).* no run trains on yet"):
        detect([SourceRow(1, {"text": "a"})])
    with pytest.raises(DataError, match="no row has an accepted layout"):
        detect([SourceRow(1, {"words": "a"})])


@pytest.mark.parametrize("row", [row for row, *_ in (TRAINED | ONLY_CHECKED).values()], ids=TRAINED | ONLY_CHECKED)
def test_every_layout_goes_through_all_checks(tmp_path: Path, row: Row) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [row, row])
    found = check_files(CheckRequest((str(path),), against=(str(path),)))
    states = {check.code: check.state for check in found.checks}
    assert (states["DUP001"], states["LEAK001"], found.left) == ("warn", "fail", 1)


REJECTED: dict[str, tuple[Row, Row, str]] = {
    "rating": (
        {"prompt": "a", "completion": "b", "label": True},
        {"prompt": "a", "completion": "b", "label": "maybe"},
        "'label' is neither true nor false",
    ),
    "steps": (
        {"prompt": "a", "completions": ["b"], "labels": [True]},
        {"prompt": "a", "completions": ["b", 3], "labels": [True, True]},
        "'completions' is no list of texts",
    ),
    "ratings of steps": (
        {"prompt": "a", "completions": ["b"], "labels": [True]},
        {"prompt": "a", "completions": ["b", "c"], "labels": [True]},
        "'labels' does not rate each step of 'completions' as true or false",
    ),
}


@pytest.mark.parametrize(("good", "bad", "reason"), REJECTED.values(), ids=REJECTED)
def test_a_row_without_its_ratings_is_rejected(good: Row, bad: Row, reason: str) -> None:
    assert normalise(bad, detect([SourceRow(1, good)], "rows.jsonl", CHECKED)) == Rejected(reason)


def test_a_row_that_lacks_an_answer_is_unusable_and_no_other_layout(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [pair(1), {"prompt": "a"}])
    assert check_files(CheckRequest((str(path),))).profile.sources[0].rejected == 1


AMBIGUOUS: Row = {"prompt": "a", "chosen": "b", "rejected": "c", "completion": "d"}


def test_an_ambiguous_row_names_the_flag_to_set() -> None:
    with pytest.raises(
        DataError, match=r"rows\.jsonl:1: the columns fit preference .* and prompt-completion .*--layout preference"
    ):
        read(AMBIGUOUS)


@pytest.mark.parametrize("kind", ["preference", "prompt-completion"])
def test_the_flag_settles_what_an_ambiguous_file_is(tmp_path: Path, kind: Kind) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [AMBIGUOUS])
    found = check_files(CheckRequest((str(path),), layout=kind))
    assert found.profile.sources[0].layout == f"{kind} (text)"


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "a", "chosen": [USER, GOOD], "rejected": [USER, BAD], "messages": [USER, GOOD]},
        {"instruction": "a", "input": "", "output": "b", "text": "a b"},
        {"prompt": "a", "completion": "b", "label": "poetry"},
    ],
)
def test_columns_that_repeat_others_are_not_ambiguous(row: Row) -> None:
    assert read(row)[0].startswith(("preference", "prompt-completion"))


def zstandard(data: bytes) -> bytes:
    """Compress as `zstd` does."""
    import pyarrow

    packed: bytes = pyarrow.compress(data, codec="zstd", asbytes=True)
    return packed


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".zst", zstandard)],
    ids=["gzip", "bzip2", "xz", "zstandard"],
)
def test_compressed_files_hold_the_same_rows(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    plain = write_lines(tmp_path / "pairs.jsonl", [pair(n) for n in range(20)])
    packed = tmp_path / f"pairs.jsonl{suffix}"
    packed.write_bytes(pack(plain.read_bytes()))
    assert load(str(packed)).rows == load(str(plain)).rows
    packed.write_bytes(packed.read_bytes()[:40])
    with pytest.raises(DataError, match="file is damaged"):
        load(str(packed))


def layout_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their path below the folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_folders_and_patterns_stand_for_the_files_in_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps(pair(1)) + "\n"
    layout_files(
        tmp_path, {"a.jsonl": line, "deep/b.csv": "", "deep/.c.jsonl": line, "notes.md": "", "state.json": "{}", "d.jsonl": line}
    )
    monkeypatch.chdir(tmp_path)
    assert expand([str(tmp_path)]) == [str(tmp_path / name) for name in ("a.jsonl", "d.jsonl", "deep/b.csv")]
    assert expand(["*.jsonl", "shop/pairs@train[:9]"]) == ["a.jsonl", "d.jsonl", "shop/pairs@train[:9]"]
    found: CheckedData = check_files(CheckRequest((str(tmp_path / "*.jsonl"),)))
    assert [source.label for source in found.profile.sources] == ["a.jsonl", "d.jsonl"]
    with pytest.raises(MissingError, match="no file fits"):
        expand(["*.parquet"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no data file"):
        expand(["empty"])


@pytest.mark.parametrize("kind", ["preference", "prompt-completion"])
def test_a_plan_carries_what_an_ambiguous_file_is_read_as(tmp_path: Path, kind: Kind) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [AMBIGUOUS])
    with pytest.raises(DataError, match="--layout preference or --layout prompt-completion"):
        describe(str(path))
    ref = describe(str(path), kind)
    assert (ref.kind, ref.layout) == (kind, f"{kind} (text)")
    assert detect_as(load(ref.source).rows, ref.label, ref.kind).kind == kind
    assert measure_data([str(path)], kind).preference_pairs == (kind == "preference")


def test_a_kind_settles_a_file_with_rows_of_two(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [pair(1), {"prompt": "a", "completion": "b"}])
    with pytest.raises(DataError, match="or read all rows as one with --layout preference"):
        describe(str(path))
    assert [describe(str(path), kind).layout for kind in ("preference", "prompt-completion")] == [
        "preference (text)",
        "prompt-completion (text)",
    ]


def test_a_preferred_kind_leaves_files_of_one_kind_as_they_are(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [pair(1)])
    assert describe(str(path), "prompt-completion").layout == "preference (text)"
