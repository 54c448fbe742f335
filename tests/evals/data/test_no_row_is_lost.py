"""Whatever JSON the rows are: the loader does not crash, and each row is accepted or rejected."""

import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from evals.data.examples import Example, SourceRow, answer_names
from evals.data.formats import detect
from evals.data.layouts import ACCEPTED, CHECKED, TURN_COLUMNS, Columns, Layout
from evals.data.load import Table, load
from evals.data.reading import read_table
from reports.errors import DataError

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
TRANSCRIPTS = st.lists(st.sampled_from(["\n\nHuman:", "\n\nAssistant:", " tea", "\n"]), max_size=8).map("".join)
TURNS = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system", "bot", ""]), "content": st.text(max_size=9) | SCALARS}
    )
    | SCALARS,
    max_size=4,
)
VALUES = (
    TURNS
    | TRANSCRIPTS
    | st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6
    )
)
NAMES = st.sampled_from(sorted({name for columns in CHECKED for name in columns.needed})) | st.text(max_size=6)
ROWS = st.lists(st.dictionaries(NAMES, VALUES, max_size=5) | VALUES, min_size=1, max_size=8)
FORMS = st.sampled_from(["text", "messages", "transcript"])


def layouts(columns: Columns, form: str) -> Layout:
    """Return a layout as detection could have found it."""
    is_text = form != "messages" and not columns.is_dialogue and not set(TURN_COLUMNS) & set(columns.needed)
    return Layout(columns.kind, form if is_text else "messages", "drawn", columns)  # type: ignore[arg-type]


@settings(max_examples=300, deadline=None)
@given(
    rows=ROWS,
    layout=st.builds(layouts, st.sampled_from((*ACCEPTED, *CHECKED)), FORMS),
    is_array=st.booleans(),
    with_messages=st.booleans(),
)
def test_accepted_and_rejected_rows_are_the_rows_read(
    rows: list[object], layout: Layout, is_array: bool, with_messages: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("rows.json" if is_array else "rows.jsonl")
        text = json.dumps(rows) if is_array else "".join(json.dumps(row) + "\n" for row in rows)
        path.write_text(text)
        try:
            table = load(str(path))
        except DataError as error:
            assert f"holds no usable row ({len(rows)} read" in str(error)
            return
    numbers = [row.number for row in table.rows] + [row.number for row in table.rejected]
    assert sorted(numbers) == list(range(1, len(rows) + 1))
    source = read_table(table, layout, with_messages)
    numbers = [row.number for row in source.examples] + [row.number for row in source.rejected]
    assert sorted(numbers) == list(range(1, len(rows) + 1))
    assert all(is_canonical(example, with_messages or layout.form == "messages") for example in source.examples)
    assert all(row.reason for row in source.rejected)


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(st.dictionaries(NAMES, VALUES, max_size=5), max_size=6), checks=st.booleans())
def test_detection_gives_a_layout_or_names_the_row(rows: list[dict[str, object]], checks: bool) -> None:
    numbered = [SourceRow(number, row) for number, row in enumerate(rows, start=1)]
    try:
        layout = detect(numbered, "rows.jsonl", CHECKED if checks else ACCEPTED, asks=checks)
    except DataError as error:
        assert str(error).startswith("rows.jsonl:")
    else:
        assert read_table(Table("rows.jsonl", "", numbered, []), layout, False).rows == len(rows)


def is_canonical(example: Example, with_messages: bool) -> bool:
    """Say whether a row is what the trainers take."""
    prompt = example.fields["prompt"]
    answers = [example.fields[name] for name in answer_names(example.kind)]
    if not with_messages:
        return all(isinstance(text, str) for text in (prompt, *answers))
    return (
        isinstance(prompt, list)
        and prompt[-1]["role"] != "assistant"
        and all(set(turn) == {"role", "content"} for turn in prompt)
        and all(isinstance(answer, list) and [turn["role"] for turn in answer] == ["assistant"] for answer in answers)
    )
