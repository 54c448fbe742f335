"""The template doctor: seven checks on the tensors that a trainer would really learn from."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.data.checks.cut import TITLE as CUT_TITLE
from evals.data.checks.cut import check_cut
from evals.data.checks.end_of_turn import TITLE as END_TITLE
from evals.data.checks.end_of_turn import check_end
from evals.data.checks.evidence import skipped
from evals.data.checks.mask import COVER_TITLE, ZERO_TITLE, check_cover, check_zero_labels
from evals.data.checks.template import BEGIN_TITLE, PAD_TITLE, PREFIX_TITLE, check_begin, check_padding, check_prefix
from evals.data.examples import Example, Kind
from evals.data.template.collating import Collator, Setup
from evals.data.template.sampling import COLLATED, ROWS, Sample, sample_answers
from evals.data.template.spans import show_rows
from reports.records.data import Check

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

TITLES: Final = {
    "TMPL001": COVER_TITLE,
    "TMPL002": END_TITLE,
    "TMPL003": BEGIN_TITLE,
    "TMPL004": PREFIX_TITLE,
    "TMPL005": PAD_TITLE,
    "TMPL006": ZERO_TITLE,
    "TMPL007": CUT_TITLE,
}
BLOCKING: Final = frozenset({"TMPL001", "TMPL002", "TMPL003", "TMPL006"})
NO_MODEL: Final = "rows are batched with the tokenizer of --model, and none was given"
SLOW: Final = "places of tokens in the text are needed, and this tokenizer is not a fast one (it has no tokenizer.json)"


class Diagnosis(NamedTuple):
    """What the doctor says."""

    checks: tuple[Check, ...]
    shown: tuple[str, ...] = ()
    """Rows for people to read, learned and only read text in marks."""


def doctor(
    examples: Sequence[Example],
    tokenizer: "PreTrainedTokenizerFast",
    max_length: int | None,
    kinds: Iterable[Kind] = COLLATED,
    *,
    generation_ends: frozenset[int] = frozenset(),
    assistant_only: bool = False,
    collator: Collator | None = None,
    rows: int = ROWS,
) -> tuple[Check, ...]:
    """Batch a seeded sample as TRL's SFTTrainer and DPOTrainer do, and check the tensors: TMPL001 to TMPL007.

    Args:
        examples: rows in canonical form; they are not changed.
        tokenizer: as the trainer gets it.
        max_length: of the trainer, in tokens; None: nothing is cut.
        kinds: which kinds of rows to look at.
        generation_ends: `eos_token_id` of the generation settings; empty: not known.
        assistant_only: demonstrations are dialogues trained with assistant_only_loss.
        collator: of demonstrations, where it is not TRL's.
        rows: rows of each kind, at most.
    """
    setup = Setup(tokenizer, max_length, assistant_only, collator)
    return diagnose(examples, setup, kinds, generation_ends, rows=rows).checks


def diagnose(
    examples: Sequence[Example],
    setup: Setup,
    kinds: Iterable[Kind] = COLLATED,
    generation_ends: frozenset[int] = frozenset(),
    *,
    show: int = 0,
    rows: int = ROWS,
) -> Diagnosis:
    """Do what `doctor` does, and write `show` of the sampled rows with their marks."""
    if not setup.tokenizer.is_fast:
        return Diagnosis(without_looking(SLOW))
    sample = sample_answers(examples, setup, kinds, max(rows, show))
    return Diagnosis(_checks(sample, setup, generation_ends), show_rows(sample, setup.tokenizer, show))


def without_looking(reason: str) -> tuple[Check, ...]:
    """Return all seven as skipped."""
    return tuple(skipped(code, title, reason, blocking=code in BLOCKING) for code, title in TITLES.items())


def _checks(sample: Sample, setup: Setup, generation_ends: frozenset[int]) -> tuple[Check, ...]:
    tokenizer = setup.tokenizer
    return (
        check_cover(sample, tokenizer, setup.assistant_only),
        check_end(sample, tokenizer, generation_ends),
        check_begin(sample, tokenizer),
        check_prefix(sample, tokenizer),
        check_padding(sample, tokenizer),
        check_zero_labels(sample, tokenizer, setup.max_length),
        check_cut(sample, tokenizer, setup.max_length),
    )
