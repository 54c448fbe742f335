"""Where prompt and answer stand in the tokens of a rendered row, found without looking at any mask."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from evals.data.examples import Example, Turn

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

MARK: Final = "Quixotry"
MARKS: Final = ("Zephyrine", "Quixotry")
"""Words in place of the last turn of the prompt and of the answer, to see what the template writes around them."""


class Rendered(NamedTuple):
    """One whole row: prompt, answer, end."""

    ids: tuple[int, ...]
    answer: range
    """Places of the tokens that hold the answer and are not part of the prompt."""
    prompt_end: int
    """Tokens before this place hold nothing but the turns of the prompt and what the template writes around them."""
    question: range
    """Places of the tokens of the prompt's last turn."""
    prompt_ids: tuple[int, ...]
    """The prompt alone, as the model sees it before it answers."""
    shared: int
    """Leading tokens that `prompt_ids` and `ids` have in common."""
    prompt_is_kept: bool
    """The text of the prompt alone is how the text of the whole row begins."""
    answer_is_kept: bool
    """The template writes the answer as it is, but for spaces around it."""

    @property
    def answer_is_lost(self) -> bool:
        """The template writes nothing of the answer, as those for parts of text and image do with plain strings."""
        return not self.answer_is_kept and not self.answer


class _Text(NamedTuple):
    whole: str
    prompt: str
    question_start: int
    question_end: int
    start: int
    end: int
    answer: str


def render(example: Example, name: str, tokenizer: "PreTrainedTokenizerFast", template: str | None = None) -> Rendered:
    """Render one answer of a row as training does.

    Args:
        example: the row.
        name: the column of the answer; `prompt` for a text that has none.
        tokenizer: a fast tokenizer, since places of tokens in the text are needed.
        template: used in place of the tokenizer's.

    Raises:
        jinja2.TemplateError, TypeError, ValueError: the template refuses the row.
    """
    prompt, answer = example.fields["prompt"], example.fields[name]
    if name == "prompt":
        text = _plain("", cast("str", answer), tokenizer)
    elif isinstance(prompt, str):
        text = _plain(prompt, cast("str", answer), tokenizer)
    else:
        text = _from_turns(prompt, cast("list[Turn]", answer), tokenizer, template)
    return _places(text, tokenizer, is_text=isinstance(prompt, str))


def _plain(prompt: str, answer: str, tokenizer: "PreTrainedTokenizerFast") -> _Text:
    end = str(tokenizer.eos_token or "")
    body = answer.removesuffix(end) if end else answer
    whole = f"{prompt}{body}{end}"
    return _Text(whole, prompt, 0, len(prompt), len(prompt), len(prompt) + len(body), body)


def _from_turns(prompt: list[Turn], answer: list[Turn], tokenizer: "PreTrainedTokenizerFast", template: str | None) -> _Text:
    def write(turns: Sequence[Turn], **options: Any) -> str:
        written = tokenizer.apply_chat_template(list(turns), tokenize=False, chat_template=template, **options)
        return cast("str", written)

    last, reply = prompt[-1], answer[-1]
    whole = write([*prompt, *answer])
    head, found, tail = write([*prompt, *answer[:-1], {**reply, "content": MARKS[1]}]).partition(MARKS[1])
    if not found:
        return _Text(whole, write(prompt, add_generation_prompt=True), 0, 0, len(whole), len(whole), reply["content"])
    marked = write([*prompt[:-1], {**last, "content": MARKS[0]}, *answer[:-1], {**reply, "content": MARKS[1]}])
    glue = marked.partition(MARKS[0])[2].partition(MARKS[1])[0]
    start = len(head) if whole.startswith(head) else max(0, whole.rfind(reply["content"].strip()))
    end = max(start, len(whole) - len(tail)) if whole.endswith(tail) else len(whole)
    question_end = max(0, start - len(glue)) if head.endswith(glue) else start
    question_start = max(0, question_end - len(last["content"].strip()))
    return _Text(whole, write(prompt, add_generation_prompt=True), question_start, question_end, start, end, reply["content"])


def _places(text: _Text, tokenizer: "PreTrainedTokenizerFast", is_text: bool) -> Rendered:
    whole = tokenizer(text.whole, add_special_tokens=is_text, return_offsets_mapping=True, verbose=False)
    prompt_ids = tuple(tokenizer(text.prompt, add_special_tokens=is_text, verbose=False)["input_ids"]) if text.prompt else ()
    ids = tuple(whole["input_ids"])
    offsets: list[tuple[int, int]] = whole["offset_mapping"]
    shared = next((n for n, (a, b) in enumerate(zip(prompt_ids, ids, strict=False)) if a != b), min(len(prompt_ids), len(ids)))
    answer = _within(offsets, text.start, text.end)
    prompt_end = next((n for n, (_, end) in enumerate(offsets) if end > text.question_end), len(ids))
    first = max(answer.start, shared)
    return Rendered(
        ids=ids,
        answer=range(first, max(first, answer.stop)),
        prompt_end=prompt_end,
        question=range(_within(offsets, text.question_start, text.question_end).start, prompt_end),
        prompt_ids=prompt_ids,
        shared=shared,
        prompt_is_kept=text.whole.startswith(text.prompt),
        answer_is_kept=text.whole[text.start : text.end].strip() == text.answer.strip(),
    )


def _within(offsets: Sequence[tuple[int, int]], start: int, end: int) -> range:
    """Return the places of the tokens that hold any of the characters from `start` to `end`."""
    inside = [place for place, (first, last) in enumerate(offsets) if first < end and last > start]
    if inside:
        return range(inside[0], inside[-1] + 1)
    place = next((place for place, (_, last) in enumerate(offsets) if last > start), len(offsets))
    return range(place, place)
