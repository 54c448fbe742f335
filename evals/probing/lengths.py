"""How long rows are in the model's own tokens, and whether they fit."""

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

from evals.data.cleaning import KINDS
from evals.data.examples import Example
from evals.data.lengths import Lengths, TokenCounter, quantiles
from evals.probing.findings import counted, missing, share
from reports.records.probe import DataFacts, Finding

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

MOST_MEASURED: Final = 5000
LENGTH: Final = ("sequence_tokens", "Prompt with its longest answer, 95th percentile")
FITTING: Final = ("rows_within_context", "Rows that fit the model's context as they are")
BIAS: Final = ("chosen_longer", "Pairs whose chosen answer is the longer one")


def length_bias_finding(data: DataFacts) -> Finding:
    """Return how often the longer answer is the chosen one, in characters, with exact limits and ties in the denominator."""
    pairs, longer, shorter = data.preference_pairs, data.chosen_longer, data.chosen_shorter
    if not pairs:
        return missing(*BIAS, "share", "the data hold no preference pairs")
    ties = pairs - longer - shorter
    because = f"longer in {longer:,} of {pairs:,} pairs, shorter in {shorter:,}, as long in {ties:,}; even would be one half"
    return share(*BIAS, longer, pairs, because)


def length_findings(tokenizer: "PreTrainedTokenizerBase", examples: Sequence[Example], context: int) -> list[Finding]:
    """Return the 95th percentile of prompt and longest answer together, in tokens, and the share of rows that fit.

    Of many rows, some are measured, spread evenly over the data.
    """
    measured = examples[:: ceil(len(examples) / MOST_MEASURED) or 1]
    counter = TokenCounter(tokenizer, None)
    by_kind = ([row for row in measured if row.kind == kind] for kind in KINDS)
    found = [lengths for rows in by_kind for lengths in counter.measure(rows)]
    longest = [lengths.longest for lengths in found if isinstance(lengths, Lengths)]
    spread = quantiles(longest)
    if spread is None:
        because = "the chat template refuses every row, or there is none"
        return [missing(*LENGTH, "tokens", because), missing(*FITTING, "share", because)]
    fitting = sum(length <= context for length in longest)
    of_rows = f"{len(longest):,} of {len(examples):,} rows measured with the model's tokenizer"
    fits = f"{fitting:,} of {len(longest):,} rows have at most {context:,} tokens"
    return [
        counted(*LENGTH, "tokens", max(1, ceil(spread.p95)), len(longest), of_rows),
        share(*FITTING, fitting, len(longest), fits)
        if len(longest) < len(examples)
        else counted(*FITTING, "share", fitting / len(longest), len(longest), fits),
    ]
