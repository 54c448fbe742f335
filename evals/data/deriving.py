"""The rows of a split, made from rows of another kind: answers to imitate, ratings from pairs, prompts alone."""

from collections.abc import Iterable
from typing import Final

from evals.data.examples import Example, Kind, plain
from evals.data.keys import prompt_key, row_key
from evals.data.layouts import TURN_COLUMNS

KEPT_FROM_REWARDS: Final = frozenset(
    {"prompt", "prompts", "completion", "completions", "completion_ids", "chosen", "rejected", "trainer_state"}
    | {"log_extra", "log_metric", "environments", *TURN_COLUMNS}
)
"""Columns that TRL fills itself, or reads as a dialogue."""


def imitated(rows: Iterable[Example]) -> list[Example]:
    """Return demonstrations as they are, the chosen answers of pairs, each once, and of ratings the answers that are good."""
    found: list[Example] = []
    seen: set[bytes] = set()
    for row in rows:
        if row.kind == "preference":
            chosen = _answered(row, "prompt-completion", "chosen")
            if (key := row_key(chosen)) not in seen:
                found.append(chosen)
            seen.add(key)
        elif row.carried.get("rating") != "bad":
            found.append(row)
    return found


def compared(rows: Iterable[Example]) -> list[Example]:
    """Return pairs as they are."""
    return list(rows)


def rated(rows: Iterable[Example]) -> list[Example]:
    """Return ratings as they are, and each pair as a good answer and a bad one."""
    return [rating for row in rows for rating in (_sides(row) if row.kind == "preference" else (row,))]


def asked(rows: Iterable[Example]) -> list[Example]:
    """Return every prompt once, with the further columns of its first row, and with a demonstration's answer as `reference`."""
    found: dict[bytes, Example] = {}
    for row in rows:
        key = prompt_key(row.fields["prompt"])
        if key not in found:
            reference = {"reference": plain(row.fields["completion"])} if row.kind == "prompt-completion" else {}
            further = {name: value for name, value in row.columns.items() if name not in KEPT_FROM_REWARDS}
            found[key] = row._replace(kind="prompt-only", fields={"prompt": row.fields["prompt"]}, columns=reference | further)
    return list(found.values())


def _sides(pair: Example) -> tuple[Example, Example]:
    good, bad = (_answered(pair, "unpaired-preference", name) for name in ("chosen", "rejected"))
    return good._replace(carried={**pair.carried, "rating": "good"}), bad._replace(carried={**pair.carried, "rating": "bad"})


def _answered(pair: Example, kind: Kind, answer: str) -> Example:
    return pair._replace(kind=kind, fields={"prompt": pair.fields["prompt"], "completion": pair.fields[answer]})
