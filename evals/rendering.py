"""From a prompt of strings or messages to token ids, the same way in generating, scoring and judging."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reports.records.evaluation import Message

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Prompt = str | Sequence[Message]
QUIET: Final = {"verbose": False}
"""No warning about texts longer than the context: they are cut here."""


class Encoded(NamedTuple):
    """Token ids that fit the context."""

    ids: tuple[int, ...]
    was_cut: bool


class Scored(NamedTuple):
    """Token ids of a prompt and a known answer; the tokens from `start` on are scored."""

    ids: tuple[int, ...]
    start: int
    was_cut: bool


def encode_prompt(tokenizer: "PreTrainedTokenizerBase", prompt: Prompt, limit: int) -> Encoded:
    """Return the prompt as the model sees it before it answers, at most `limit` tokens.

    A longer prompt loses its beginning, except for the begin token: its end is what is answered.
    """
    ids = _prompt_ids(tokenizer, prompt)
    return Encoded(_keep_end(tokenizer, ids, limit), len(ids) > limit)


def encode_reference(tokenizer: "PreTrainedTokenizerBase", prompt: Prompt, answer: str, limit: int) -> Scored:
    """Return prompt and answer in one text, tokenised together as in training, at most `limit` tokens.

    Without an answer the prompt itself is the text to score. The prompt may take half of the limit, and more where the
    answer leaves room; what is too long loses the beginning of the prompt and the end of the answer.
    """
    before = _prompt_ids(tokenizer, prompt)
    if not answer:
        return Scored(before[:limit], 1, len(before) > limit)
    whole = _answered_ids(tokenizer, prompt, answer)
    shared = _common_prefix(before, whole)
    answered = whole[shared:]
    room = max(limit // 2, limit - len(answered))
    head = _keep_end(tokenizer, whole[:shared], room)
    ids = (*head, *answered)[:limit]
    return Scored(ids, max(1, len(head)), len(whole) > limit)


def encode_answer(tokenizer: "PreTrainedTokenizerBase", prompt: Prompt, answer: str, limit: int) -> Encoded:
    """Return prompt and answer as a reward model saw them in training: ended by the end token, the last `limit` tokens."""
    ids = _answered_ids(tokenizer, prompt, answer, end=True)
    return Encoded(_keep_end(tokenizer, ids, limit), len(ids) > limit)


def decode_completion(tokenizer: "PreTrainedTokenizerBase", prompt_ids: Sequence[int], new_ids: Sequence[int]) -> str:
    """Return the text of new tokens as it follows the prompt.

    Decoded alone, the first token of a sentence-piece vocabulary loses its leading space.
    """
    before = tokenizer.decode(list(prompt_ids), skip_special_tokens=True)
    whole = tokenizer.decode([*prompt_ids, *new_ids], skip_special_tokens=True)
    if whole.startswith(before):
        return str(whole[len(before) :])
    return str(tokenizer.decode(list(new_ids), skip_special_tokens=True))


def _prompt_ids(tokenizer: "PreTrainedTokenizerBase", prompt: Prompt) -> tuple[int, ...]:
    if isinstance(prompt, str):
        return tuple(tokenizer(prompt, **QUIET)["input_ids"])
    return _template_ids(tokenizer, prompt, add_generation_prompt=True)


def _answered_ids(tokenizer: "PreTrainedTokenizerBase", prompt: Prompt, answer: str, end: bool = False) -> tuple[int, ...]:
    if isinstance(prompt, str):
        ended = tokenizer.eos_token if end and not answer.endswith(tokenizer.eos_token) else ""
        return tuple(tokenizer(prompt + answer + ended, **QUIET)["input_ids"])
    return _template_ids(tokenizer, [*prompt, Message(role="assistant", content=answer)])


def _template_ids(tokenizer: "PreTrainedTokenizerBase", messages: Sequence[Message], **options: Any) -> tuple[int, ...]:
    turns = [{"role": message.role, "content": message.content} for message in messages]
    rendered = tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, tokenizer_kwargs=QUIET, **options)
    return tuple(rendered["input_ids"])


def _keep_end(tokenizer: "PreTrainedTokenizerBase", ids: tuple[int, ...], limit: int) -> tuple[int, ...]:
    if len(ids) <= limit:
        return ids
    if limit > 1 and ids[0] == tokenizer.bos_token_id:
        return (ids[0], *ids[len(ids) - limit + 1 :])
    return ids[len(ids) - limit :]


def _common_prefix(first: Sequence[int], second: Sequence[int]) -> int:
    return next((n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
