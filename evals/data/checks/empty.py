"""EMPTY001: rows with nothing in a field that training needs."""

from collections.abc import Sequence

from evals.data.checks.evidence import evidence, share
from evals.data.examples import Example, Text
from reports.records.data import Check


def find_empty(examples: Sequence[Example]) -> list[int]:
    """Return the places of rows with a blank prompt or a blank answer."""
    return [place for place, example in enumerate(examples) if any(_is_blank(text) for text in example.fields.values())]


def check_empty(examples: Sequence[Example], found: Sequence[int]) -> Check:
    """Report rows with a blank field; they are removed, so they warn and do not block."""
    return Check(
        code="EMPTY001",
        title="Empty fields",
        blocking=False,
        state="warn" if found else "pass",
        value=len(found) / len(examples) if examples else 0.0,
        limit=0.0,
        because=f"{share(len(found), len(examples))} rows have a blank prompt or answer" + (" and are left out" if found else ""),
        evidence=evidence(examples[place] for place in found),
        fix="Fill in the blank fields or delete the rows." if found else "",
    )


def _is_blank(text: Text) -> bool:
    if isinstance(text, str):
        return not text or text.isspace()
    return all(not turn["content"].strip() for turn in text)
