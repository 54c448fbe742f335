"""TMPL007: answers that lose their end to max_length, for each column of answers."""

from typing import TYPE_CHECKING, Final

from evals.data.checks.evidence import share, skipped
from evals.data.checks.length import CUT_LIMIT
from evals.data.template.sampling import Answer, Sample
from evals.data.template.spans import evidence
from reports.records.data import Check

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

TITLE: Final = "Answers that lose their end"


def check_cut(sample: Sample, tokenizer: "PreTrainedTokenizerFast", max_length: int | None) -> Check:
    """Report the share of sampled answers whose last words or end token a trainer would cut off, branch by branch."""
    if max_length is None:
        return skipped("TMPL007", TITLE, "neither --max-length nor the model sets a largest length")
    if not sample.answers:
        return skipped("TMPL007", TITLE, sample.missing_because)
    cut = [answer for answer in sample.answers if has_lost_its_end(answer)]
    value = len(cut) / len(sample.answers)
    return Check(
        code="TMPL007",
        title=TITLE,
        blocking=False,
        state="warn" if value > CUT_LIMIT else "pass",
        value=value,
        limit=CUT_LIMIT,
        because=f"{share(len(cut), len(sample.answers))} sampled answers lose their end token at {max_length} tokens: "
        + ", ".join(_branch(name, sample, cut) for name in dict.fromkeys(answer.name for answer in sample.answers)),
        evidence=evidence(cut, tokenizer),
        fix=f"Raise max_length (it is {max_length}) within the model's context, or shorten the rows: "
        "what is cut teaches to stop in mid-sentence, or not at all."
        if value > CUT_LIMIT
        else "",
    )


def has_lost_its_end(answer: Answer) -> bool:
    """Say whether words of the answer, or the token after it, are missing from the batch."""
    needed = min(answer.rendered.answer.stop + 1, len(answer.rendered.ids))
    return answer.batched is None or len(answer.batched.ids) < needed


def _branch(name: str, sample: Sample, cut: list[Answer]) -> str:
    lost = sum(answer.name == name for answer in cut)
    return f"{name if name != 'prompt' else 'text'} {share(lost, sum(answer.name == name for answer in sample.answers))}"
