"""The checks that need a tokenizer: TRUNC001 and PAIR002."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.data.checks.evidence import NO_PAIRS, skipped
from evals.data.checks.length import check_truncation
from evals.data.checks.pairs import check_identical_tokens
from evals.data.examples import Example
from evals.data.fitting import fit
from evals.data.lengths import Lengths, TokenCounter
from reports.records.data import Check

NO_MODEL: Final = "tokens are counted with the tokenizer of --model, and none was given"


class TokenFindings(NamedTuple):
    """What the tokenizer says about rows."""

    checks: tuple[Check, ...]
    lengths: list[tuple[str, Lengths]]
    """Source and lengths of each row."""
    notes: tuple[str, ...]


def check_tokens(examples: Sequence[Example], model: str | None, max_length: int | None, with_messages: bool) -> TokenFindings:
    """Count every row with the tokenizer of `model`, cut as training would cut it; skipped without a model.

    Raises:
        MissingError: the model or its tokenizer is not there.
    """
    if model is None:
        return TokenFindings(_without_model(examples), [], ())
    from evals.model_source import inspect_model
    from evals.models import load_tokenizer

    ref = inspect_model(model)
    loaded = load_tokenizer(ref, with_messages)
    limit = min((value for value in (max_length, ref.context_length) if value), default=None)
    counter = TokenCounter(loaded.tokenizer, limit)
    lengths: list[tuple[str, Lengths]] = []
    overlong: list[Example] = []
    shortened, refused = 0, 0
    same: list[Example] = []
    for kind in dict.fromkeys(example.kind for example in examples):
        rows = [example for example in examples if example.kind == kind]
        counted = counter.measure(rows)
        lengths += [(row.source, length) for row, length in zip(rows, counted, strict=True) if isinstance(length, Lengths)]
        fitted = fit(rows, counted, counter, limit)
        overlong += fitted.overlong
        shortened += fitted.shortened
        refused += len(fitted.refused)
        same += [fitted.kept[place] for place in fitted.same]
    notes = [*loaded.notes, *([f"{refused:,} rows are refused by the chat template of the model."] if refused else [])]
    pairs = [example for example in examples if example.kind == "preference"]
    truncation = check_truncation(examples, overlong, limit, shortened)
    return TokenFindings((truncation, check_identical_tokens(pairs, same, limit)), lengths, tuple(notes))


def _without_model(examples: Sequence[Example]) -> tuple[Check, Check]:
    has_pairs = any(example.kind == "preference" for example in examples)
    return (
        skipped("TRUNC001", "Answers cut by max_length", NO_MODEL),
        skipped("PAIR002", "Identical after tokenisation", NO_MODEL if has_pairs else NO_PAIRS, blocking=True),
    )
