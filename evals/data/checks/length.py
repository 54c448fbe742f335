"""LEN001 and TRUNC001: what the lengths of the answers say."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.data.checks.evidence import NO_PAIRS, evidence, share, skipped
from evals.data.examples import Example, plain
from reports.records.data import Check

ONE_SIDED: Final = 0.65
"""Share of pairs that one direction of length may explain before it is named a shortcut."""
CUT_LIMIT: Final = 0.05


class LengthCounts(NamedTuple):
    """Pairs by which answer is the shorter one, ties in `pairs` only."""

    shorter: int
    """The chosen answer is the shorter one."""
    longer: int
    pairs: int


def check_length_bias(pairs: Sequence[Example]) -> Check:
    """Report how often the shorter answer is chosen, in characters, over all pairs, ties in the denominator."""
    return report_length_bias(count_lengths(pairs))


def count_lengths(pairs: Sequence[Example]) -> "LengthCounts":
    """Count the pairs by which answer is the shorter one, in characters."""
    differences = [len(plain(pair.fields["chosen"])) - len(plain(pair.fields["rejected"])) for pair in pairs]
    return LengthCounts(sum(value < 0 for value in differences), sum(value > 0 for value in differences), len(pairs))


def report_length_bias(counts: "LengthCounts") -> Check:
    """Report what `count_lengths` counted."""
    shorter, longer, pairs = counts
    if not pairs:
        return skipped("LEN001", "Shorter answer chosen", NO_PAIRS)
    ties = pairs - shorter - longer
    is_one_sided = max(shorter, longer) > ONE_SIDED * pairs
    return Check(
        code="LEN001",
        title="Shorter answer chosen",
        blocking=False,
        state="warn" if is_one_sided else "pass",
        value=shorter / pairs,
        limit=None,
        because=f"in {share(shorter, pairs)} pairs the chosen answer is the shorter one in characters, "
        f"in {share(longer, pairs)} the longer one, and {ties:,} are equally long",
        fix="Length alone tells most pairs apart, and a model learns that first: add pairs in which it does not."
        if is_one_sided
        else "",
    )


def check_truncation(examples: Sequence[Example], overlong: Sequence[Example], max_length: int | None, shortened: int) -> Check:
    """Report the share of rows whose answer `max_length` would have cut, before they were shortened or removed."""
    title = "Answers cut by max_length"
    if max_length is None:
        return skipped("TRUNC001", title, "neither the plan nor the model sets a largest length")
    value = len(overlong) / len(examples) if examples else 0.0
    removed = len(overlong) - shortened
    return Check(
        code="TRUNC001",
        title=title,
        blocking=False,
        state="warn" if value > CUT_LIMIT else "pass",
        value=value,
        limit=CUT_LIMIT,
        because=f"{share(len(overlong), len(examples))} rows are longer than {max_length} tokens"
        + (f"; {shortened:,} lost their oldest turns and fit, {removed:,} are left out" if overlong else ""),
        evidence=evidence(overlong),
        fix="Raise max_length, use a model with a longer context, or shorten the rows." if value > CUT_LIMIT else "",
    )
