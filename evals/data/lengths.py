"""Lengths in the model's own tokens, counted on the text that TRL will render."""

import json
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from evals.data.examples import Example, Text, Turn, answer_names
from reports.records.data import Quantiles

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BATCH: Final = 512


class Lengths(NamedTuple):
    """Lengths of one row in tokens."""

    prompt: int
    totals: tuple[int, ...]
    """Prompt and answer together, one for each answer."""
    is_same: bool = False
    """Chosen and rejected give the same tokens, as far as training reads them."""

    @property
    def longest(self) -> int:
        """Prompt with its longest answer; the prompt alone where there is none."""
        return max(self.totals, default=self.prompt)

    @property
    def answers(self) -> tuple[int, ...]:
        """The answers without the prompt."""
        return tuple(max(0, total - self.prompt) for total in self.totals)


class Refused(NamedTuple):
    """What the chat template says against a row."""

    reason: str


class Asked(NamedTuple):
    """One text to render: a prompt, with an answer or alone."""

    prompt: Text
    answer: Text | None
    tools: str | None
    """Definitions of tools as JSON, which templates that know tools write into the prompt."""


class TokenCounter:
    """Renders rows as TRL does: messages by the chat template, strings with special tokens and an end token."""

    def __init__(self, tokenizer: "PreTrainedTokenizerFast", max_length: int | None) -> None:
        self._tokenizer = tokenizer
        self._max_length = max_length

    def measure(self, examples: Sequence[Example], advance: Callable[[int], None] | None = None) -> list[Lengths | Refused]:
        """Return the lengths of rows of one kind; `advance` hears how many are done."""
        found: list[Lengths | Refused] = []
        for start in range(0, len(examples), BATCH):
            found += self._measure_batch(examples[start : start + BATCH])
            if advance:
                advance(len(found))
        return found

    def _measure_batch(self, examples: Sequence[Example]) -> list[Lengths | Refused]:
        columns = ["", *answer_names(examples[0].kind)]
        is_text = isinstance(examples[0].fields["prompt"], str)
        render = self._join if is_text else self._apply_template
        rendered = [
            render([Asked(row.fields["prompt"], row.fields.get(name), row.carried.get("tools")) for row in examples])
            for name in columns
        ]
        texts = ["" if isinstance(text, Refused) else text for text in chain(*rendered)]
        ids = self._tokenizer(texts, add_special_tokens=is_text, return_attention_mask=False, verbose=False)["input_ids"]
        lengths = [self._lengths(ids[place :: len(examples)]) for place in range(len(examples))]
        refusals = (next((text for text in row if isinstance(text, Refused)), None) for row in zip(*rendered, strict=True))
        return [refused or length for refused, length in zip(refusals, lengths, strict=True)]

    def _lengths(self, ids: Sequence[Sequence[int]]) -> Lengths:
        prompt, *answers = ids
        limit = self._max_length
        is_same = len(answers) == 2 and answers[0][:limit] == answers[1][:limit]
        return Lengths(len(prompt), tuple(len(answer) for answer in answers), is_same)

    def _join(self, rows: Iterable[Asked]) -> list[str | Refused]:
        end = str(self._tokenizer.eos_token or "")
        return [
            str(prompt)
            if answer is None
            else f"{prompt}{answer}"
            if end and str(answer).endswith(end)
            else f"{prompt}{answer}{end}"
            for prompt, answer, _ in rows
        ]

    def _apply_template(self, rows: Sequence[Asked]) -> list[str | Refused]:
        from jinja2 import TemplateError

        turns = [cast("list[Turn]", prompt) + cast("list[Turn]", answer or []) for prompt, answer, _ in rows]
        is_prompt = rows[0].answer is None
        tools = json.loads(rows[0].tools) if len(rows) == 1 and rows[0].tools else None
        if len(rows) > 1 and any(row.tools for row in rows):
            return [text for row in rows for text in self._apply_template([row])]
        try:
            return cast("list[str | Refused]", self._render(turns, is_prompt, tools))
        except TemplateError as error:
            if len(rows) == 1:
                return [Refused(f"the model's chat template refuses it: {error}")]
        return [text for row in rows for text in self._apply_template([row])]

    def _render(self, turns: list[list[Turn]], is_prompt: bool, tools: list[dict[str, object]] | None) -> list[str]:
        rendered: list[str] = self._tokenizer.apply_chat_template(
            turns, tools=tools, tokenize=False, add_generation_prompt=is_prompt
        )
        return rendered


def quantiles(values: Iterable[int]) -> Quantiles | None:
    """Return the spread of lengths in tokens, interpolated linearly between neighbours; None without values."""
    ordered = sorted(values)
    if not ordered:
        return None

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        low = int(place)
        high = min(low + 1, len(ordered) - 1)
        return round(ordered[low] + (ordered[high] - ordered[low]) * (place - low), 2)

    return Quantiles(p5=at(0.05), p50=at(0.5), p95=at(0.95), maximum=float(ordered[-1]))
