"""PAIR003 and PAIR004: pairs that take each other back, and pairs whose answers hardly differ."""

from collections.abc import Sequence
from typing import Final

from evals.data.checks.evidence import NO_PAIRS, evidence, share, skipped
from evals.data.examples import Example, plain
from evals.data.keys import prompt_key, words_key
from evals.data.near import shingles, similarity
from reports.records.data import Check

HARDLY_DIFFERENT: Final = 0.9
"""Jaccard similarity of the answers' word triples."""
ALIKE_LIMIT: Final = 0.05


def find_contradictions(pairs: Sequence[Example]) -> list[Example]:
    """Return the pairs for which another prefers the same answers to the same prompt the other way round."""
    keyed = [
        (prompt_key(pair.fields["prompt"]), words_key(plain(pair.fields["chosen"])), words_key(plain(pair.fields["rejected"])))
        for pair in pairs
    ]
    known = set(keyed)
    return [
        pair
        for pair, (prompt, chosen, rejected) in zip(pairs, keyed, strict=True)
        if chosen != rejected and (prompt, rejected, chosen) in known
    ]


def check_contradictions(pairs: Sequence[Example]) -> Check:
    """Report pairs that contradict another pair; they cancel out and cost training."""
    if not pairs:
        return skipped("PAIR003", "Contradictory pairs", NO_PAIRS)
    found = find_contradictions(pairs)
    return Check(
        code="PAIR003",
        title="Contradictory pairs",
        blocking=False,
        state="warn" if found else "pass",
        value=len(found) / len(pairs),
        limit=0.0,
        because=f"{share(len(found), len(pairs))} pairs prefer what another pair rejects, with the same prompt and answers",
        evidence=evidence(found),
        fix="Ask a further rater, or delete both pairs of each contradiction." if found else "",
    )


def check_alike(pairs: Sequence[Example]) -> Check:
    """Report pairs whose answers are nearly the same text.

    DPO lowers the likelihood of both answers where they differ in few tokens (Pal et al. 2024, "Smaug").
    """
    if not pairs:
        return skipped("PAIR004", "Nearly identical answers", NO_PAIRS)
    found = [pair for pair in pairs if _is_alike(plain(pair.fields["chosen"]), plain(pair.fields["rejected"]))]
    value = len(found) / len(pairs)
    return Check(
        code="PAIR004",
        title="Nearly identical answers",
        blocking=False,
        state="warn" if value > ALIKE_LIMIT else "pass",
        value=value,
        limit=ALIKE_LIMIT,
        because=f"in {share(len(found), len(pairs))} pairs the answers share {HARDLY_DIFFERENT} of their word triples",
        evidence=evidence(found, "chosen"),
        fix="Collect answers that differ more, or add an SFT loss to DPO: small edits push both answers down."
        if value > ALIKE_LIMIT
        else "",
    )


def _is_alike(chosen: str, rejected: str) -> bool:
    return similarity(shingles(chosen), shingles(rejected)) >= HARDLY_DIFFERENT
