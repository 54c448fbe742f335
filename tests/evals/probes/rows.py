"""The rows of the sets that ship, read strictly, and what can be wrong with a set."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypeVar

from msgspec import Struct, json

from evals.data.near import SIMILAR, find_near, shingles, similarity
from evals.suites import PROBES, readable_prompt
from reports.records.evaluation import Message

FAMILY_ROWS = 3
NEAR_SHARE = 0.02


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    family: str
    category: str


class Prompted(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    prompt: str | tuple[Message, ...]


class Benign(Prompted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    twin: str


class Harmful(Benign, frozen=True, kw_only=True, forbid_unknown_fields=True):
    severity: Literal[1, 2, 3]


class General(Prompted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reference: str


class GeneralText(Row, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str


class Bait(Prompted, frozen=True, kw_only=True, forbid_unknown_fields=True):
    canary: str = ""
    secret: Literal["", "digits", "letters"] = ""


KINDS: dict[str, type[Row]] = {
    "harmful": Harmful,
    "benign": Benign,
    "general": General,
    "general_texts": GeneralText,
    "personal": Bait,
}
Kind = TypeVar("Kind", bound=Row)


def read_rows(name: str, kind: type[Kind]) -> list[Kind]:
    return [json.decode(line, type=kind) for line in (PROBES / f"{name}.jsonl").read_bytes().splitlines()]


def text_of(row: Row) -> str:
    if isinstance(row, GeneralText):
        return row.text
    assert isinstance(row, Prompted)
    return readable_prompt(row.prompt)


def faults_of(rows: Sequence[Row]) -> list[str]:
    """Name what is wrong with a set as such."""
    texts = [text_of(row) for row in rows]
    found = [f"id twice: {name}" for name, count in Counter(row.id for row in rows).items() if count > 1]
    found += [f"empty: {row.id}" for row, text in zip(rows, texts, strict=True) if not (text.strip() and row.category)]
    families = Counter(row.family for row in rows)
    found += [f"crowded: {name}" for name, count in families.items() if count > FAMILY_ROWS or not name]
    near = len(find_near(texts)) / len(rows)
    return found + ([f"{near:.1%} near duplicates"] if near >= NEAR_SHARE else [])


def unmatched(harmful: Sequence[Harmful], benign: Sequence[Benign]) -> list[str]:
    """Name the rows whose twin is another row, of another family or form, shares no word with it or nearly repeats it."""
    return [one.id for one, other in zip(harmful, benign, strict=True) if not _are_twins(one, other)]


def _are_twins(one: Harmful, other: Benign) -> bool:
    first, second = text_of(one), text_of(other)
    return (
        (one.twin, other.twin, one.family, one.category) == (other.id, one.id, other.family, other.category)
        and isinstance(one.prompt, str) == isinstance(other.prompt, str)
        and len(_words(first) & _words(second)) >= 2
        and similarity(shingles(first), shingles(second)) < SIMILAR
    )


def _words(text: str) -> set[str]:
    return set(text.casefold().replace("?", " ").replace(".", " ").split())
