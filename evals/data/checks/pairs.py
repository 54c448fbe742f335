"""PAIR001 and PAIR002: preference pairs that teach nothing, because both answers are one."""

from collections.abc import Sequence
from typing import Final

from evals.data.checks.evidence import NO_PAIRS, evidence, share, skipped
from evals.data.examples import Example, plain
from reports.records.data import Check

TOKENISED_LIMIT: Final = 0.05
"""Share of pairs; a tokenizer that makes more than this equal does not fit the data."""


def find_identical(examples: Sequence[Example]) -> list[int]:
    """Return the places of pairs whose answers are the same text, blanks around it aside."""
    return [place for place, example in enumerate(examples) if example.kind == "preference" and _is_identical(example)]


def check_identical(pairs: Sequence[Example], found: Sequence[Example]) -> Check:
    """Report pairs with identical answers; they are removed, so they warn and do not block."""
    if not pairs:
        return skipped("PAIR001", "Identical answers", NO_PAIRS)
    return Check(
        code="PAIR001",
        title="Identical answers",
        blocking=False,
        state="warn" if found else "pass",
        value=len(found) / len(pairs),
        limit=0.0,
        because=f"chosen and rejected are the same text in {share(len(found), len(pairs))} pairs"
        + (", which are left out" if found else ""),
        evidence=evidence(found, "chosen"),
        fix="Collect two different answers to these prompts, or delete the pairs." if found else "",
    )


def check_identical_tokens(pairs: Sequence[Example], found: Sequence[Example], max_length: int | None) -> Check:
    """Report pairs that differ as text but not as the tokens that training sees; blocking above the limit."""
    if not pairs:
        return skipped("PAIR002", "Identical after tokenisation", NO_PAIRS, blocking=True)
    value = len(found) / len(pairs)
    within = f" and truncation to {max_length} tokens" if max_length else ""
    return Check(
        code="PAIR002",
        title="Identical after tokenisation",
        blocking=True,
        state="fail" if value > TOKENISED_LIMIT else "warn" if found else "pass",
        value=value,
        limit=TOKENISED_LIMIT,
        because=f"after tokenisation{within}, chosen and rejected are the same in {share(len(found), len(pairs))} pairs"
        + (", which are left out" if found else ""),
        evidence=evidence(found, "chosen"),
        fix="The tokenizer cannot tell the answers apart: use a model whose vocabulary covers the text." if found else "",
    )


def _is_identical(example: Example) -> bool:
    return plain(example.fields["chosen"]).strip() == plain(example.fields["rejected"]).strip()
