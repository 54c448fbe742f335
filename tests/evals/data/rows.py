"""Small data sets to test on: prompts that differ, answers that differ, files that hold them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from evals.data.examples import Example, Fields

TEAS = ("jasmine", "sencha", "oolong", "assam", "rooibos", "mint", "matcha", "chai", "earl grey", "darjeeling")


def prompt(number: int) -> str:
    """Return a prompt unlike all others."""
    return f"Write a caption for {TEAS[number % len(TEAS)]} tea, batch {number}."


def demonstration(number: int) -> Fields:
    """Return a row with an answer to imitate."""
    return {"prompt": prompt(number), "completion": f" A quiet cup of {TEAS[number % len(TEAS)]}, number {number}."}


def pair(number: int) -> Fields:
    """Return a row with a calm and a shouting answer."""
    tea = TEAS[number % len(TEAS)]
    return {"prompt": prompt(number), "chosen": f" Slow mornings, {tea} {number}.", "rejected": f" BUY {tea} NOW {number}!!!"}


def transcript(number: int, turns: int = 1) -> dict[str, str]:
    """Return a pair as two whole transcripts with `turns` human turns each."""
    asked = "\n\nAssistant: Gladly.".join(f"\n\nHuman: {prompt(100 * number + turn)}" for turn in range(turns))
    shared = f"{asked}\n\nAssistant:"
    return {"chosen": f"{shared} Steep it slowly, {number}.", "rejected": f"{shared} BUY BUY BUY {number}!"}


def example(fields: Fields, number: int = 1, source: str = "rows.jsonl", **carried: str) -> Example:
    """Wrap canonical fields as an example of strings or messages."""
    kind = "preference" if "chosen" in fields else "prompt-completion"
    form = "text" if isinstance(fields["prompt"], str) else "messages"
    return Example(source, number, kind, form, fields, carried)  # type: ignore[arg-type]


def examples(rows: Iterable[Fields]) -> list[Example]:
    """Wrap rows as examples numbered from 1."""
    return [example(fields, number) for number, fields in enumerate(rows, start=1)]


def write_lines(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write rows as JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
