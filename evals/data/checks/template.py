"""TMPL003, TMPL004 and TMPL005: what a chat template and special tokens do to a batch."""

from typing import TYPE_CHECKING, Final

from evals.data.checks.evidence import share, skipped
from evals.data.checks.mask import ALL_LEFT_OUT
from evals.data.template.sampling import Answer, Sample
from evals.data.template.spans import ROWS_SHOWN, evidence
from reports.records.data import Check, Evidence

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BEGIN_TITLE: Final = "One begin token"
PREFIX_TITLE: Final = "Prompt begins the whole row"
PAD_TITLE: Final = "Padding is not learned"


def check_begin(sample: Sample, tokenizer: "PreTrainedTokenizerFast") -> Check:
    """Count sequences that open with the begin token twice."""
    begin = tokenizer.bos_token_id
    if begin is None:
        return skipped("TMPL003", BEGIN_TITLE, "the tokenizer has no begin token", blocking=True)
    if not sample.answers:
        return skipped("TMPL003", BEGIN_TITLE, sample.missing_because, blocking=True)
    double = [answer for answer in sample.answers if _ids(answer)[:2] == (begin, begin)]
    is_text = all(isinstance(answer.example.fields["prompt"], str) for answer in double)
    return Check(
        code="TMPL003",
        title=BEGIN_TITLE,
        blocking=True,
        state="fail" if double else "pass",
        value=len(double) / len(sample.answers),
        limit=0.0,
        because=f"{share(len(double), len(sample.answers))} sequences open with {tokenizer.bos_token!r} twice",
        evidence=tuple(
            Evidence(row=answer.example.number, excerpt=repr(tokenizer.decode(_ids(answer)[:6])))
            for answer in double[:ROWS_SHOWN]
        ),
        fix=""
        if not double
        else f"Take {tokenizer.bos_token!r} out of the texts, or set add_bos_token=False: the tokenizer writes it too."
        if is_text
        else "Write {{ bos_token }} once in the chat template, and in no message.",
    )


def check_prefix(sample: Sample, tokenizer: "PreTrainedTokenizerFast") -> Check:
    """Report the share of rows whose prompt alone gives other tokens than the same prompt before its answer."""
    prompted = [answer for answer in sample.answers if answer.rendered.prompt_ids]
    if not prompted:
        return skipped("TMPL004", PREFIX_TITLE, "no sampled row has a prompt" if sample.answers else sample.missing_because)
    broken = [answer for answer in prompted if answer.rendered.shared < len(answer.rendered.prompt_ids)]
    rewritten = [answer for answer in broken if not answer.rendered.prompt_is_kept]
    return Check(
        code="TMPL004",
        title=PREFIX_TITLE,
        blocking=False,
        state="fail" if rewritten else "warn" if broken else "pass",
        value=1 - len(broken) / len(prompted),
        limit=1.0,
        because=f"in {share(len(prompted) - len(broken), len(prompted))} sampled answers the tokens of the prompt alone begin "
        "the whole row"
        + (f"; in {len(rewritten):,} the template writes the prompt otherwise once an answer follows" if rewritten else "")
        + (f"; in {len(broken) - len(rewritten):,} tokens merge across the boundary" if len(broken) > len(rewritten) else ""),
        evidence=tuple(_difference(answer, tokenizer) for answer in [*rewritten, *broken][:ROWS_SHOWN]),
        fix="Let the chat template write earlier turns and the opening of the answer the same way with and without an answer."
        if rewritten
        else "End the prompt, or open the answer, so that no token spans both: a space belongs to the answer."
        if broken
        else "",
    )


def check_padding(sample: Sample, tokenizer: "PreTrainedTokenizerFast") -> Check:
    """Find learned padding, learned padding tokens, and end tokens that are masked as if they were padding."""
    batched = [answer for answer in sample.answers if answer.batched]
    if not batched:
        return skipped("TMPL005", PAD_TITLE, ALL_LEFT_OUT if sample.answers else sample.missing_because)
    pad, end = tokenizer.pad_token_id, tokenizer.eos_token_id
    learned = [answer for answer in batched if answer.batched and answer.batched.trained_padding]
    lost = [answer for answer in batched if pad == end and _has_masked_end(answer, end)]
    inside = [answer for answer in batched if pad not in (None, end) and answer.batched and pad in answer.batched.labels]
    faults = (
        (learned, "learn their padding"),
        (lost, f"have their end token masked, since {tokenizer.eos_token!r} also pads"),
        (inside, f"learn {tokenizer.pad_token!r}, the padding token, as text"),
    )
    said = [f"{share(len(found), len(batched))} batched answers {words}" for found, words in faults if found]
    if pad is None:
        said.append("the tokenizer has no padding token, and TRL pads with the end token")
    found = [*learned, *lost, *inside]
    return Check(
        code="TMPL005",
        title=PAD_TITLE,
        blocking=False,
        state="fail" if learned or lost else "warn" if said else "pass",
        value=len({id(answer) for answer in found}) / len(batched),
        limit=0.0,
        because="; ".join(said) or _clean_padding(tokenizer),
        evidence=evidence(found, tokenizer),
        fix="Set pad_token to a token that is neither the end token nor part of any text, in the trainer's configuration."
        if said
        else "",
    )


def _clean_padding(tokenizer: "PreTrainedTokenizerFast") -> str:
    if tokenizer.pad_token_id == tokenizer.eos_token_id:
        return f"{tokenizer.eos_token!r} ends and pads, but padding is masked by position, so that end tokens are learned"
    return f"no label holds {tokenizer.pad_token!r}, which pads, and no padding is learned"


def _ids(answer: Answer) -> tuple[int, ...]:
    return answer.batched.ids if answer.batched else answer.rendered.ids


def _has_masked_end(answer: Answer, end: int | None) -> bool:
    ids = answer.batched.ids if answer.batched else ()
    return any(ids[place] == end and place not in answer.trained for place in range(answer.rendered.answer.stop, len(ids)))


def _difference(answer: Answer, tokenizer: "PreTrainedTokenizerFast") -> Evidence:
    rendered = answer.rendered
    alone = tokenizer.decode(rendered.prompt_ids[rendered.shared :][:8])
    followed = tokenizer.decode(rendered.ids[rendered.shared :][:8])
    return Evidence(row=answer.example.number, excerpt=f"{answer.name}: alone {alone!r}, with its answer {followed!r}")
