"""TMPL001 and TMPL006: whether the labels of a batch cover the answer, all of it and nothing else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.data.checks.evidence import share, skipped
from evals.data.template.sampling import Answer, Sample
from evals.data.template.spans import evidence
from reports.records.data import Check

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

MARK_TURNS: Final = (
    "Put {% generation %} and {% endgeneration %} around the assistant turn of the chat template, "
    "or train on prompts and completions without assistant_only_loss."
)
ALL_LEFT_OUT: Final = "the trainer leaves out every sampled row, see TMPL006"
COVER_TITLE: Final = "Loss covers the answer"
ZERO_TITLE: Final = "Rows without a trained token"


class Fault(NamedTuple):
    """One thing that is wrong with some answers."""

    answers: list[Answer]
    words: str
    fix: str
    is_fatal: bool = True


def check_cover(sample: Sample, tokenizer: "PreTrainedTokenizerFast", assistant_only: bool) -> Check:
    """Compare the labels of each sampled answer with where its text stands in the rendered row."""
    if sample.unmasked_because:
        return _nothing_learned(f"no mask of assistant turns can be made: {sample.unmasked_because}", MARK_TURNS)
    if sample.refused and not sample.answers:
        return _nothing_learned(
            sample.missing_because, "Use a chat template that knows these roles, or change the turns of the rows."
        )
    looked_at = [answer for answer in sample.answers if answer.batched]
    if not looked_at:
        return skipped("TMPL001", COVER_TITLE, ALL_LEFT_OUT if sample.answers else sample.missing_because, blocking=True)
    faults = [fault for fault in _faults(looked_at, tokenizer, assistant_only) if fault.answers]
    faulty = {id(answer) for fault in faults if fault.is_fatal for answer in fault.answers}
    shown = {id(answer): answer for fault in faults for answer in fault.answers}
    said = [f"{share(len(fault.answers), len(looked_at))} batched answers {fault.words}" for fault in faults]
    return Check(
        code="TMPL001",
        title=COVER_TITLE,
        blocking=True,
        state="fail" if faulty else "warn" if faults else "pass",
        value=len(faulty) / len(looked_at),
        limit=0.0,
        because=("; ".join(said) or f"all {len(looked_at):,} batched answers are learned whole, and nothing of their prompts")
        + (f"; {sample.refused} sampled rows are refused by the chat template" if sample.refused else ""),
        evidence=evidence(list(shown.values()), tokenizer),
        fix=faults[0].fix if faults else "",
    )


def _faults(answers: Sequence[Answer], tokenizer: "PreTrainedTokenizerFast", assistant_only: bool) -> tuple[Fault, ...]:
    """Return all faults, the gravest first."""
    aligned = [answer for answer in answers if _is_aligned(answer)]
    masks = (
        "Let {% generation %} … {% endgeneration %} enclose the assistant turn in the chat template, and only that."
        if assistant_only
        else "Train with completion_only_loss=True and the collator of the trainer; look with --show-mask 3."
    )
    return (
        Fault(
            [answer for answer in answers if answer.rendered.answer_is_lost],
            "hold nothing of the answer, the chat template drops it",
            "Use a chat template for plain texts, one that writes the content of assistant turns that are strings.",
        ),
        Fault([answer for answer in aligned if masked_places(answer)], "miss part of the answer", masks),
        Fault([answer for answer in aligned if leaked_places(answer, assistant_only)], "train on the prompt", masks),
        Fault(
            [answer for answer in answers if not _is_aligned(answer)],
            "hold other tokens than the chat template writes",
            "Give the trainer the tokenizer and chat template that are checked here.",
        ),
        Fault(
            [answer for answer in answers if answer.rendered.answer and not answer.rendered.answer_is_kept],
            "are rewritten by the chat template, as reasoning often is",
            "Compare the rows with --show-mask 3; what the template leaves out is not learned.",
            is_fatal=False,
        ),
        Fault(
            [answer for answer in answers if _has_unknown(answer, tokenizer.unk_token_id)],
            f"hold {tokenizer.unk_token!r} for text that the tokenizer cannot write",
            "Use a model whose vocabulary covers the text, or leave these characters out of the rows.",
            is_fatal=False,
        ),
    )


def check_zero_labels(sample: Sample, tokenizer: "PreTrainedTokenizerFast", max_length: int | None) -> Check:
    """Count rows in the batch that teach nothing, and rows that the trainer leaves out since they would."""
    if not sample.answers:
        return skipped("TMPL006", ZERO_TITLE, sample.missing_because, blocking=True)
    empty = [answer for answer in sample.answers if answer.batched and not answer.trained]
    left_out = [answer for answer in sample.answers if answer.batched is None]
    nothing_is_left = len(left_out) == len(sample.answers)
    because = f"{share(len(empty), len(sample.answers))} sampled answers have no trained token"
    if left_out:
        because += (
            f"; {share(len(left_out), len(sample.answers))} are left out by the trainer, their prompts fill {max_length} tokens"
        )
    return Check(
        code="TMPL006",
        title=ZERO_TITLE,
        blocking=True,
        state="fail" if empty or nothing_is_left else "warn" if left_out else "pass",
        value=(len(sample.answers) if nothing_is_left else len(empty)) / len(sample.answers),
        limit=0.0,
        because=because,
        evidence=evidence([*empty, *left_out], tokenizer),
        fix="The mask hides the whole answer: see TMPL001."
        if empty
        else f"Raise max_length (it is {max_length}), or shorten the prompts."
        if left_out
        else "",
    )


def masked_places(answer: Answer) -> list[int]:
    """Return the tokens of the answer that stand in the batch without being learned."""
    length = len(answer.batched.ids) if answer.batched else 0
    return [place for place in answer.rendered.answer if place < length and place not in answer.trained]


def leaked_places(answer: Answer, assistant_only: bool) -> list[int]:
    """Return the tokens of the prompt that are learned; of the last question only where earlier answers may be learned too."""
    read = answer.rendered.question if assistant_only else range(answer.rendered.prompt_end)
    return [place for place in read if place in answer.trained] if answer.name != "prompt" else []


def _is_aligned(answer: Answer) -> bool:
    ids = answer.batched.ids if answer.batched else ()
    return ids == answer.rendered.ids[: len(ids)]


def _nothing_learned(because: str, fix: str) -> Check:
    return Check(
        code="TMPL001",
        title=COVER_TITLE,
        blocking=True,
        state="fail",
        value=1.0,
        limit=0.0,
        because=because,
        fix=fix,
    )


def _has_unknown(answer: Answer, unknown: int | None) -> bool:
    return any(answer.rendered.ids[place] == unknown for place in answer.rendered.answer)


def trained_ids(answer: Answer, places: Sequence[int]) -> set[int]:
    """Return the tokens at these places that are learned."""
    return {answer.rendered.ids[place] for place in places if place in answer.trained}
