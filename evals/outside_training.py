"""What a candidate made elsewhere learned from, read from its training file in any layout."""

from pathlib import Path
from typing import Final

from evals.data.examples import Example, Text
from evals.data.formats import detect
from evals.data.layouts import CHECKED
from evals.data.load import load
from evals.data.reading import read_table
from evals.detectors.leaks_training import Trained, trained_on
from reports.jsonl import encode

NO_PROMPT: Final = " "
"""Of a row that is one text: whatever stands in it was learned."""


def read_training(source: str, folder: Path) -> Trained:
    """Return what in the rows of a file could leak; the rows are kept in `folder` in the form that leaks are looked for in.

    Raises:
        MissingError: there is no such file or hub data set.
        DataError: it cannot be read as training data.
    """
    table = load(source)
    examples = read_table(table, detect(table.rows, table.label, CHECKED), with_messages=False).examples
    path = folder / "training.jsonl"
    path.write_bytes(b"".join(encode(_row(example)) + b"\n" for example in examples))
    return trained_on((path,))


def _row(example: Example) -> dict[str, Text]:
    fields = dict(example.fields)
    return fields if fields.get("prompt") else {**fields, "prompt": NO_PROMPT, "completion": next(iter(fields.values()), "")}
