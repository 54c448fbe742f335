"""Prompt families: which observations are not independent of each other."""

from collections.abc import Sequence

from evals.stats.interval import StatisticsError


def family_indices(families: Sequence[str], n: int) -> list[int]:
    """Return for each of `n` observations the number of its family; an empty name is a family of its own."""
    if families and len(families) != n:
        raise StatisticsError(f"{len(families)} families for {n} values: give one for each value, or none at all.")
    known: dict[str | int, int] = {}
    return [known.setdefault(name or position, len(known)) for position, name in enumerate(families or [""] * n)]


def families_repeat(families: Sequence[str]) -> bool:
    """Say whether any two observations share a family."""
    named = [name for name in families if name]
    return len(set(named)) < len(named)
