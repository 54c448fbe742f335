"""What is read and what is learned of a row, in marks that need no colour: «read» [learned]."""

from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.data.keylike import hide_secrets
from evals.data.template.sampling import Answer, Sample
from reports.records.data import Evidence
from reports.wording import visible

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

WIDTH: Final = 80
INDENT: Final = "  "
LONGEST: Final = 600
"""Characters of one span that are shown; of a longer one the middle is left out."""
EXCERPT: Final = 34
ROWS_SHOWN: Final = 5


class Span(NamedTuple):
    """Neighbouring tokens that are all learned, or all only read."""

    text: str
    is_trained: bool

    def __str__(self) -> str:
        """Return the text in its marks."""
        return f"[{self.text}]" if self.is_trained else f"«{self.text}»"


def spans(answer: Answer, tokenizer: "PreTrainedTokenizerFast") -> list[Span]:
    """Return the sequence of the tensors as text, cut where learning begins or ends; nothing for a row that is left out."""
    ids, trained = (answer.batched.ids if answer.batched else ()), answer.trained
    groups = groupby(range(len(ids)), key=trained.__contains__)
    return [Span(_decode(tokenizer, [ids[place] for place in places]), is_trained) for is_trained, places in groups]


def show_rows(sample: Sample, tokenizer: "PreTrainedTokenizerFast", rows: int) -> tuple[str, ...]:
    """Return the first answers of `rows` rows for a terminal of 80 columns."""
    places = list(dict.fromkeys((answer.example.source, answer.example.number) for answer in sample.answers))[:rows]
    shown = [answer for answer in sample.answers if (answer.example.source, answer.example.number) in places]
    return tuple("\n".join(_show(answer, tokenizer)) for answer in shown)


def evidence(answers: Sequence[Answer], tokenizer: "PreTrainedTokenizerFast") -> tuple[Evidence, ...]:
    """Return the first rows with the tail of what is read and of what is learned."""
    return tuple(
        Evidence(row=answer.example.number, excerpt=f"{answer.name}: {_tail(answer, tokenizer)}")
        for answer in answers[:ROWS_SHOWN]
    )


def _tail(answer: Answer, tokenizer: "PreTrainedTokenizerFast") -> str:
    if answer.batched is None:
        return "left out, nothing of the answer fits"
    ends = [span._replace(text=_one_line(span.text)) for span in spans(answer, tokenizer)[-2:]]
    return " ".join(
        str(span._replace(text=f"…{span.text[-EXCERPT:]}" if len(span.text) > EXCERPT else span.text)) for span in ends
    )


def _show(answer: Answer, tokenizer: "PreTrainedTokenizerFast") -> list[str]:
    example = answer.example
    if answer.batched is None:
        return [f"row {example.number} of {example.source}, {answer.name}: left out, nothing of the answer fits"]
    lines = [
        f"row {example.number} of {example.source}, {answer.name}: "
        f"{len(answer.trained)} of {len(answer.batched.ids)} tokens are learned"
        + ("" if answer.is_whole else ", the end is cut off")
    ]
    for span in spans(answer, tokenizer):
        for line in str(span._replace(text=_shortened(span.text))).split("\n"):
            lines += wrap(line, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, replace_whitespace=False) or [""]
    return lines


def _decode(tokenizer: "PreTrainedTokenizerFast", ids: list[int]) -> str:
    return visible(hide_secrets(str(tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))))


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    return f"{text[:half]} (… {len(text) - LONGEST:,} characters …) {text[-half:]}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
