"""PII001: personal data that a model would learn by heart and repeat to strangers."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.data.checks.evidence import ROWS_SHOWN, share
from evals.data.examples import Example, excerpt, plain
from evals.personal import find_personal, mask_personal
from reports.records.data import Check, Evidence

SHOWN_BEFORE: Final = 30


class Personal(NamedTuple):
    """A row with personal data: of which kinds, and in which field the first stands."""

    example: Example
    field: str
    kinds: tuple[str, ...]


def find_personal_rows(examples: Sequence[Example]) -> list[Personal]:
    """Return the rows that hold personal data, each once."""
    return [personal for example in examples if (personal := _find(example)) is not None]


def check_personal(examples: Sequence[Example]) -> Check:
    """Report rows with personal data by kind; a single one warns. The data themselves are masked."""
    found = find_personal_rows(examples)
    kinds = Counter(kind for personal in found for kind in personal.kinds)
    counted = ", ".join(f"{kind} {rows:,}" for kind, rows in kinds.most_common())
    return Check(
        code="PII001",
        title="Personal data",
        blocking=False,
        state="warn" if found else "pass",
        value=len(found) / len(examples) if examples else 0.0,
        limit=0.0,
        because=f"{share(len(found), len(examples))} rows hold what looks like personal data"
        + (f" (rows by kind: {counted})" if found else "; names and postal addresses cannot be told by their form"),
        evidence=tuple(_evidence(personal) for personal in found[:ROWS_SHOWN]),
        fix="Mask or delete what belongs to a person, unless that person agreed and the model must know it." if found else "",
    )


def _evidence(personal: Personal) -> Evidence:
    row = personal.example
    masked = mask_personal(plain(row.fields[personal.field]))
    start = max(0, masked.find(f"[{personal.kinds[0]}]") - SHOWN_BEFORE)
    return Evidence(row=row.number, excerpt=excerpt(f"{row.source}: in {personal.field}: {'…' * (start > 0)}{masked[start:]}"))


def _find(example: Example) -> Personal | None:
    by_field = {field: [found.kind for found in find_personal(plain(text))] for field, text in example.fields.items()}
    kinds = tuple(dict.fromkeys(kind for found in by_field.values() for kind in found))
    first = next((field for field, found in by_field.items() if found), "")
    return Personal(example, first, kinds) if first else None
