"""The checks that batch rows with the model's tokenizer, and those that load its weights: TMPL001 to TMPL007, MARG001."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from evals.data.checks.margins import check_margins, without_margins
from evals.data.examples import Example
from evals.data.template.doctor import NO_MODEL, Diagnosis, diagnose, without_looking
from reports.records.data import Check
from reports.records.plan import ModelRef


class Looking(NamedTuple):
    """What to look at with the model."""

    show_rows: int = 0
    """Sampled rows to write with marks for what is learned."""
    assistant_only: bool = False
    """Dialogues are trained with assistant_only_loss."""
    margins: int = 0
    """Pairs to score under the model; 0: none, and its weights are not loaded."""
    advance: Callable[[int, int], None] | None = None
    """Hears how many answers are scored, and of how many."""


def check_with_model(
    examples: Sequence[Example],
    model: str | None,
    max_length: int | None,
    with_messages: bool,
    looking: Looking,
) -> Diagnosis:
    """Batch and score a sample of rows as training would; every check is skipped without a model.

    Args:
        examples: rows without defects.
        model: folder or hub name.
        max_length: in tokens; None: the context of the model.
        with_messages: rows are messages.
        looking: what was asked for.

    Raises:
        MissingError: the model or its tokenizer is not there, or its weights, where they are needed.
    """
    if model is None:
        return Diagnosis((*without_looking(NO_MODEL), without_margins(examples, has_model=False)))
    from evals.data.template.collating import Setup
    from evals.model_source import inspect_model
    from evals.models import load_tokenizer

    ref = inspect_model(model)
    limit = min((value for value in (max_length, ref.context_length) if value), default=None)
    setup = Setup(load_tokenizer(ref, with_messages).tokenizer, limit, looking.assistant_only)
    diagnosis = diagnose(examples, setup, generation_ends=generation_ends(ref), show=looking.show_rows)
    margins: Check = (
        check_margins(examples, ref, setup, looking.margins, looking.advance) if looking.margins else without_margins(examples)
    )
    return diagnosis._replace(checks=(*diagnosis.checks, margins))


def generation_ends(model: ModelRef) -> frozenset[int]:
    """Return the tokens at which the model's generation settings stop; empty where they name none."""
    from transformers import GenerationConfig

    from evals.model_source import model_place

    try:
        ends = GenerationConfig.from_pretrained(model_place(model.name)).eos_token_id
    except OSError:
        return frozenset()
    return frozenset(end for end in (ends if isinstance(ends, list) else [ends]) if isinstance(end, int))
