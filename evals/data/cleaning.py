"""From the rows of the sources to rows that can be trained on, every loss counted."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

from evals.data.checks.duplicates import check_duplicates, find_duplicates
from evals.data.checks.empty import check_empty, find_empty
from evals.data.checks.length import check_length_bias, check_truncation
from evals.data.checks.pairs import check_identical, check_identical_tokens, find_identical
from evals.data.examples import Example, Kind
from evals.data.fitting import Fitted, fit
from evals.data.lengths import Lengths, TokenCounter
from evals.data.reading import Source
from evals.data.splits import RowKind, Rows
from evals.data.trail import Trail
from reports.progress import ProgressLog

FindRepeats = Callable[[Sequence[Example]], list[int]]

KINDS: Final[dict[Kind, RowKind]] = {
    "prompt-completion": "demonstrations",
    "preference": "pairs",
    "unpaired-preference": "ratings",
    "prompt-only": "prompts",
}


class Measured(NamedTuple):
    """Rows that fit, by kind, and the lengths of all rows before any was shortened."""

    rows: Rows
    lengths: list[tuple[str, Lengths]]
    """Source and lengths of each row."""


def remove_defects(sources: Sequence[Source], trail: Trail, find_repeats: FindRepeats = find_duplicates) -> list[Example]:
    """Take out unusable, empty, undecided and repeated rows; `find_repeats` gives the places of rows that came before."""
    examples = [example for source in sources for example in source.examples]
    unusable = sum(len(source.rejected) for source in sources)
    trail.step("unusable rows", unusable, "rows that are damaged or do not have the layout of their file")
    trail.checks.append(check_length_bias(_of_kind(examples, "preference")))
    found = find_empty(examples)
    trail.checks.append(check_empty(examples, found))
    examples = trail.drop(examples, found, "empty fields", "the prompt or an answer is blank")
    found = find_identical(examples)
    trail.checks.append(check_identical(_of_kind(examples, "preference"), [examples[place] for place in found]))
    examples = trail.drop(examples, found, "identical answers", "chosen and rejected are the same text")
    found = find_repeats(examples)
    trail.checks.append(check_duplicates(examples, found))
    return trail.drop(examples, found, "exact duplicates", "repeats an earlier row")


def fit_all(
    examples: Sequence[Example], counter: TokenCounter, limit: int | None, trail: Trail, progress: ProgressLog
) -> Measured:
    """Bring all rows below `limit` tokens, and take out pairs that the tokenizer makes equal."""
    progress.begin("data", "Measuring lengths", len(examples), "rows")
    fitted: list[Fitted] = []
    measured: list[tuple[str, Lengths]] = []
    done = 0
    for rows in (_of_kind(examples, kind) for kind in KINDS):
        lengths = counter.measure(rows, partial(_advance, progress, done))
        done += len(rows)
        measured += [(row.source, length) for row, length in zip(rows, lengths, strict=True) if isinstance(length, Lengths)]
        fitted.append(fit(rows, lengths, counter, limit))
    _record_fit(examples, fitted, limit, trail)
    by_kind = dict(zip(KINDS.values(), fitted, strict=True))
    pairs = by_kind["pairs"]
    trail.checks.append(check_identical_tokens(pairs.kept, [pairs.kept[place] for place in pairs.same], limit))
    kept = trail.drop(pairs.kept, pairs.same, "identical after tokenisation", "chosen and rejected give the same tokens")
    return Measured(Rows(**{**{kind: part.kept for kind, part in by_kind.items()}, "pairs": kept}), measured)


def _advance(progress: ProgressLog, before: int, done: int) -> None:
    progress.advance(before + done)


def _record_fit(examples: Sequence[Example], fitted: Sequence[Fitted], limit: int | None, trail: Trail) -> None:
    refused = [row for part in fitted for row in part.refused]
    trail.lose("refused by the template", refused, "the model's chat template cannot render the row")
    if limit is None:
        trail.checks.append(check_truncation(examples, [], limit, 0))
        return
    shortened = sum(part.shortened for part in fitted)
    trail.step("shortened", 0, f"{shortened:,} rows lost their oldest turns to fit into {limit} tokens")
    if shortened:
        trail.notes.append(f"{shortened:,} rows were longer than {limit} tokens and lost their oldest turns.")
    too_long = [row for part in fitted for row in part.too_long]
    trail.lose("too long", too_long, f"longer than {limit} tokens, even without their older turns")
    overlong = [row for part in fitted for row in part.overlong]
    trail.checks.append(check_truncation(examples, overlong, limit, shortened))


def _of_kind(examples: Sequence[Example], kind: Kind) -> list[Example]:
    return [example for example in examples if example.kind == kind]
