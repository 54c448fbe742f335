"""WEAK001: pairs whose own columns say that the chosen answer hardly won."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final, NamedTuple

from evals.data.checks.evidence import NO_PAIRS, ROWS_SHOWN, share, skipped
from evals.data.examples import Example, excerpt, plain
from evals.data.facts import VOTES, has_clear_winner
from reports.records.data import Check, Evidence

SCORES: Final = (
    ("score_chosen", "score_rejected"),
    ("chosen_score", "rejected_score"),
    ("chosen_rating", "rejected_rating"),
    ("chosen-rating", "rejected-rating"),
    ("rating_chosen", "rating_rejected"),
    ("reward_chosen", "reward_rejected"),
    ("chosen_reward", "rejected_reward"),
)
"""Columns with a score for each answer, in the names that public data sets use."""
LEADS: Final = ("margin", "score_margin", "preference_strength")
"""Columns with the lead of the chosen answer itself, as a number or as an estimate that holds it as its `value`."""
SMALL_LEAD: Final = 0.1
"""Part of a large lead (the 95th percentile of all) below which a lead is weak, whatever the scale of the scores."""
LARGE: Final = 0.95
LIMIT: Final = 0.2
"""Share of pairs; a method such as DPO learns a close call as firmly as a clear one."""
TITLE: Final = "Weak preferences"


class Lead(NamedTuple):
    """By how much the chosen answer of one pair won."""

    pair: Example
    said: str
    """The columns and their values, in words."""
    lead: float
    is_weak: bool


def check_weak(pairs: Sequence[Example], columns: Mapping[int, Mapping[str, object]]) -> Check:
    """Report pairs without a clear winner: by votes where columns hold them, else by scores or margins.

    Args:
        pairs: preference pairs.
        columns: all columns of a row, by the identity of its example.
    """
    if not pairs:
        return skipped("WEAK001", TITLE, NO_PAIRS)
    leads = read_leads(pairs, columns)
    if not leads:
        return skipped("WEAK001", TITLE, "no columns with votes, scores or a margin say how clearly the chosen answers won")
    weak = sorted((lead for lead in leads if lead.is_weak), key=lambda lead: lead.lead)
    value = len(weak) / len(leads)
    lost = sum(lead.lead < 0 for lead in weak)
    return Check(
        code="WEAK001",
        title=TITLE,
        blocking=False,
        state="warn" if value > LIMIT else "pass",
        value=value,
        limit=LIMIT,
        because=f"{share(len(weak), len(leads))} pairs with votes or scores have no clear winner"
        + (f"; in {lost:,} of them the rejected answer leads" if lost else ""),
        evidence=tuple(_evidence(lead) for lead in weak[:ROWS_SHOWN]),
        fix="Leave out the close pairs, ask more raters, or use a loss that weighs the margin." if value > LIMIT else "",
    )


def read_leads(pairs: Sequence[Example], columns: Mapping[int, Mapping[str, object]]) -> list[Lead]:
    """Return what the columns say about each pair that has such columns."""
    voted = [lead for pair in pairs if (lead := _by_votes(pair, columns[id(pair)])) is not None]
    for names in () if voted else (*SCORES, *((name,) for name in LEADS)):
        found = [(pair, values) for pair in pairs if (values := _numbers(columns[id(pair)], names)) is not None]
        if found:
            return _by_scores(found, names)
    return voted


def _by_votes(pair: Example, columns: Mapping[str, object]) -> Lead | None:
    for names in VOTES:
        found = _numbers(columns, names)
        if found is not None and min(found) >= 0 and sum(found) > 0:
            chosen, rejected = (round(votes) for votes in found)
            return Lead(pair, f"{chosen} votes to {rejected}", chosen - rejected, not has_clear_winner(chosen, rejected))
    return None


def _by_scores(found: Sequence[tuple[Example, tuple[float, ...]]], names: Sequence[str]) -> list[Lead]:
    leads = [values[0] - values[1] if len(values) == 2 else values[0] for _, values in found]
    large = sorted(abs(lead) for lead in leads)[int(LARGE * (len(leads) - 1))]
    said = " to ".join(names) if len(names) == 2 else names[0]
    return [
        Lead(pair, f"{said} {' to '.join(f'{value:g}' for value in values)}", lead, lead <= 0 or lead < SMALL_LEAD * large)
        for (pair, values), lead in zip(found, leads, strict=True)
    ]


def _numbers(columns: Mapping[str, object], names: Sequence[str]) -> tuple[float, ...] | None:
    values = [_number(columns.get(name)) for name in names]
    known = [value for value in values if value is not None]
    return tuple(known) if len(known) == len(values) else None


def _number(value: object) -> float | None:
    if isinstance(value, Mapping):
        return _number(value.get("value"))
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _evidence(lead: Lead) -> Evidence:
    row = lead.pair
    return Evidence(row=row.number, excerpt=excerpt(f"{row.source}: {lead.said}: {plain(row.fields['prompt'])}"))
