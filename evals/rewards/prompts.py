"""Prompts to try rewards on: from files of any layout, or from rows that are prepared for training."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from evals.data.examples import Example, Kind, Text, plain
from evals.data.formats import detect
from evals.data.keys import order_key, prompt_key
from evals.data.layouts import CHECKED
from evals.data.load import load
from evals.data.reading import read_table
from evals.probing.rows import Asked
from evals.rendering import Prompt
from reports.errors import DataError
from reports.records.evaluation import Message

GOOD_ANSWERS: Final[dict[Kind, str]] = {
    "prompt-completion": "completion",
    "preference": "chosen",
    "unpaired-preference": "completion",
}
REFERENCES: Final = ("reference", "completion", "chosen")
"""Columns of a prepared row that hold a good answer, in order of precedence."""


class Prompts(NamedTuple):
    """Distinct prompts in the seed's order."""

    asked: list[Asked]
    has_messages: bool


def read_prompts(sources: Sequence[str], seed: int = 0, chat_template: bool = False) -> Prompts:
    """Read the distinct prompts of files with answers, pairs, ratings or prompts alone, and a good answer where one is known.

    Raises:
        DataError: a source cannot be read, or holds no prompts.
        MissingError: a source does not exist.
    """
    tables = [load(source) for source in sources]
    layouts = [detect(table.rows, table.label, CHECKED) for table in tables]
    forms = {layout.form for layout in layouts}
    with_messages = "messages" in forms or (chat_template and "transcript" in forms)
    found: dict[str, Asked] = {}
    for table, layout in zip(tables, layouts, strict=True):
        if layout.kind == "language-modelling":
            raise DataError(f"{table.label}: {layout.name} rows hold no prompts. Rewards need rows with a `prompt`.")
        columns = {row.number: row.values for row in table.rows}
        for example in read_table(table, layout, with_messages).examples:
            asked = _from_example(example, columns[example.number])
            if asked.key not in found or (asked.reference and not found[asked.key].reference):
                found[asked.key] = asked
    if not found:
        raise DataError(f"{', '.join(table.label for table in tables)}: no row can be used. `tunegate check` says why.")
    return Prompts(sorted(found.values(), key=lambda one: order_key(seed, bytes.fromhex(one.key))), with_messages)


def from_rows(rows: Iterable[Mapping[str, Any]]) -> list[Asked]:
    """Return the distinct prompts of prepared rows (`prompt`, a text or turns, beside any columns) in their order."""
    found: dict[str, Asked] = {}
    for row in rows:
        good = next((row[name] for name in REFERENCES if row.get(name)), "")
        asked = Asked(prompt_key(row["prompt"]).hex(), _prompt(row["prompt"]), plain(good), True, dict(row))
        found.setdefault(asked.key, asked)
    return list(found.values())


def _from_example(example: Example, columns: Mapping[str, object]) -> Asked:
    prompt = example.fields["prompt"]
    is_good = example.kind in GOOD_ANSWERS and example.carried.get("rating") != "bad"
    good = plain(example.fields[GOOD_ANSWERS[example.kind]]) if is_good else ""
    return Asked(prompt_key(prompt).hex(), _prompt(prompt), good, example.kind == "prompt-completion", columns)


def _prompt(prompt: Text) -> Prompt:
    return prompt if isinstance(prompt, str) else tuple(Message(role=turn["role"], content=turn["content"]) for turn in prompt)
