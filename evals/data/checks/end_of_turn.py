"""TMPL002: whether the token that ends an answer is learned, and is the one that generation stops at."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.data.checks.evidence import share, skipped
from evals.data.checks.mask import trained_ids
from evals.data.template.sampling import Answer, Sample
from evals.data.template.spans import evidence
from reports.records.data import Check

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

TITLE: Final = "End of the answer learned"
ENOUGH: Final = 0.99
"""Share of complete answers."""


class Ends(NamedTuple):
    """The tokens that may end an answer, and who says so."""

    tokenizer: int | None
    generation: frozenset[int]
    """Of the generation settings; empty where they are not known."""
    template: frozenset[int]
    """What the chat template writes first after an answer."""


def check_end(sample: Sample, tokenizer: "PreTrainedTokenizerFast", generation_ends: frozenset[int]) -> Check:
    """Count the complete answers after which a token that stops generation is learned."""
    whole = [answer for answer in sample.answers if answer.is_whole and not answer.rendered.answer_is_lost]
    if not whole:
        incomplete = "every sampled answer is cut by max_length or dropped by the template" if sample.answers else ""
        return skipped("TMPL002", TITLE, incomplete or sample.missing_because, blocking=True)
    ends = Ends(tokenizer.eos_token_id, generation_ends, _closings(whole, tokenizer))
    stops = generation_ends | ({ends.tokenizer} if ends.tokenizer is not None else set())
    learned = [trained_ids(answer, _after(answer)) & stops for answer in whole]
    without = [answer for answer, tokens in zip(whole, learned, strict=True) if not tokens]
    taught: set[int] = set().union(*learned)
    mismatch = "" if without else _mismatch(taught, ends, tokenizer)
    named = _names(taught or stops, tokenizer)
    value = 1 - len(without) / len(whole)
    return Check(
        code="TMPL002",
        title=TITLE,
        blocking=True,
        state="fail" if len(without) == len(whole) else "warn" if value < ENOUGH or mismatch else "pass",
        value=round(value, 4),
        limit=ENOUGH,
        because=f"{share(len(whole) - len(without), len(whole))} complete answers teach to stop with {named}"
        + (f"; the template ends them with {_names(ends.template, tokenizer)}" if without else "")
        + mismatch,
        evidence=evidence(without, tokenizer),
        fix=_fix(ends, bool(without), bool(mismatch), tokenizer),
    )


def _after(answer: Answer) -> range:
    return range(answer.rendered.answer.stop, len(answer.rendered.ids))


def _closings(answers: Sequence[Answer], tokenizer: "PreTrainedTokenizerFast") -> frozenset[int]:
    """Return the first tokens after the answers that are more than space."""
    found = set()
    for answer in answers:
        following = (answer.rendered.ids[place] for place in _after(answer))
        found |= set(islice((token for token in following if str(tokenizer.decode([token])).strip()), 1))
    return frozenset(found)


def _mismatch(learned: set[int], ends: Ends, tokenizer: "PreTrainedTokenizerFast") -> str:
    names = _names(learned, tokenizer)
    if ends.generation and not learned & ends.generation:
        return f"; but generation stops at {_names(ends.generation, tokenizer)}, and {names} is learned"
    if ends.tokenizer is not None and ends.tokenizer not in learned:
        return f"; but the tokenizer's eos_token is {_names({ends.tokenizer}, tokenizer)}, and {names} is learned"
    return ""


def _names(tokens: "set[int] | frozenset[int]", tokenizer: "PreTrainedTokenizerFast") -> str:
    return " or ".join(repr(tokenizer.decode([token])) for token in sorted(tokens)) or "nothing"


def _fix(ends: Ends, is_missing: bool, differs: bool, tokenizer: "PreTrainedTokenizerFast") -> str:
    closing = ends.template - {ends.tokenizer}
    special = {token for token in closing if token in tokenizer.all_special_ids or token in tokenizer.added_tokens_decoder}
    if is_missing and special:
        return f"Set eos_token={_names(special, tokenizer)} in the trainer's configuration and in generation_config.json."
    if is_missing and ends.tokenizer in ends.template:
        return "The end token is written but masked: let the mask, or {% generation %}, enclose it, and do not pad with it."
    if is_missing:
        return "Close the assistant turn of the chat template with {{ eos_token }}."
    return "Make eos_token of the tokenizer, eos_token_id of generation_config.json and the template agree." if differs else ""
