"""MARG001: what the model thinks of the pairs before it learns from them."""

from collections.abc import Callable, Sequence
from typing import Final

from evals.data.checks.evidence import NO_PAIRS, ROWS_SHOWN, share, skipped
from evals.data.examples import Example, excerpt, plain
from evals.data.margins import Margin, reference_margins
from evals.data.template.collating import Setup
from evals.stats.proportions import exact_interval
from reports.records.data import Check, Evidence
from reports.records.plan import ModelRef

TITLE: Final = "Margin under the reference model"
NOT_ASKED: Final = "the pairs are scored under the model of --model with --margins, and that was not asked for"
MARGINS_PAIRS: Final = 200
WIDE: Final = 1.0
"""Nats a token: each token of one answer is 2.7 times as probable as a token of the other."""
SOLVED_LIMIT: Final = 0.5
AGAINST_LIMIT: Final = 0.1
"""Shares of the pairs; a warning needs the lower 95 % limit above them."""


def without_margins(examples: Sequence[Example], has_model: bool = True) -> Check:
    """Return the check as skipped, with the flag to set."""
    has_pairs = any(example.kind == "preference" for example in examples)
    needed = NOT_ASKED if has_model else "the pairs are scored with --margins under the model of --model, and none was given"
    return skipped("MARG001", TITLE, needed if has_pairs else NO_PAIRS)


def check_margins(
    examples: Sequence[Example],
    model: ModelRef,
    setup: Setup,
    pairs: int,
    advance: Callable[[int, int], None] | None = None,
) -> Check:
    """Load the model, score a sample of pairs and report; MissingError where its weights cannot be loaded."""
    if not any(example.kind == "preference" for example in examples):
        return skipped("MARG001", TITLE, NO_PAIRS)
    from evals.models import load_base

    margins = reference_margins(examples, load_base(model).eval(), setup, pairs, advance)
    if not margins.found:
        return skipped("MARG001", TITLE, f"none of the {margins.missing} sampled pairs could be scored: see TMPL001 and TMPL007")
    return judge_margins(margins.found, margins.missing)


def judge_margins(found: Sequence[Margin], missing: int = 0) -> Check:
    """Report how many pairs the model already prefers, and those that teach nothing or may be labelled the wrong way."""
    solved = [margin for margin in found if margin.total > 0 and margin.per_token >= WIDE]
    against = sorted(
        (margin for margin in found if margin.total < 0 and margin.per_token <= -WIDE), key=lambda margin: margin.per_token
    )
    warnings = _warnings(found, len(solved), len(against))
    return Check(
        code="MARG001",
        title=TITLE,
        blocking=False,
        state="warn" if warnings else "pass",
        value=sum(margin.total > 0 for margin in found) / len(found),
        limit=None,
        because=_reading(found, len(solved), len(against), missing),
        evidence=tuple(_evidence(margin) for margin in against[:ROWS_SHOWN]),
        fix=" ".join(warnings),
    )


def _reading(found: Sequence[Margin], solved: int, against: int, missing: int) -> str:
    preferred = exact_interval(sum(margin.total > 0 for margin in found), len(found))
    per_token = sum(margin.per_token > 0 for margin in found)
    unequal = [margin for margin in found if margin.chosen.tokens != margin.rejected.tokens]
    shorter = sum((margin.total > 0) == (margin.chosen.tokens < margin.rejected.tokens) for margin in unequal)
    parts = (
        f"the model finds the chosen answer more probable in {share(round(preferred.value * len(found)), len(found))} sampled "
        f"pairs (95 % interval {100 * preferred.low:.1f} to {100 * preferred.high:.1f} %), token for token in "
        f"{share(per_token, len(found))}",
        f"the shorter answer is the more probable one in {share(shorter, len(unequal))}" if unequal else "",
        f"{share(solved, len(found))} are solved already and {share(against, len(found))} are strongly against, "
        f"by {WIDE:.0f} nat a token or more",
        f"{missing:,} pairs could not be scored" if missing else "",
    )
    return "; ".join(part for part in parts if part)


def _warnings(found: Sequence[Margin], solved: int, against: int) -> list[str]:
    warnings = []
    if exact_interval(solved, len(found)).low > SOLVED_LIMIT:
        warnings.append("Most pairs are solved before training and teach little: collect pairs that the model gets wrong.")
    if exact_interval(against, len(found)).low > AGAINST_LIMIT:
        warnings.append("Read the rows shown: pairs strongly against a sound model often have their labels swapped.")
    total = exact_interval(sum(margin.total > 0 for margin in found), len(found))
    per_token = exact_interval(sum(margin.per_token > 0 for margin in found), len(found))
    if max(total.high, per_token.high) < 0.5:
        warnings.append("The model prefers the rejected answers on the whole: check that chosen and rejected are not swapped.")
    return warnings


def _evidence(margin: Margin) -> Evidence:
    row = margin.example
    return Evidence(
        row=row.number, excerpt=excerpt(f"{margin.per_token:+.1f} nats a token, chosen: {plain(row.fields['chosen'])}")
    )
