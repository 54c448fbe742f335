"""Greedy answers of one model to a batch of prompts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from evals.rendering import decode_completion

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PROMPT_TOKENS: Final = 4096
"""Room for the prompt where the model's config states no context length."""


class Answer(NamedTuple):
    """What a model said to one prompt."""

    text: str
    tokens: int
    """Generated tokens, without the end token."""
    finish: Literal["stop", "length"]


class Greedy(NamedTuple):
    """A model that is ready to answer greedily."""

    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"
    ends: frozenset[int]
    """Token ids that end an answer."""

    def answer(self, prompts: Sequence[tuple[int, ...]]) -> list[Answer]:
        """Answer prompts side by side, padded on the left."""
        import torch

        pad = self.tokenizer.pad_token_id
        width = max(len(ids) for ids in prompts)
        padded = [[pad] * (width - len(ids)) + list(ids) for ids in prompts]
        mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts]
        device = self.model.device
        with torch.inference_mode():
            made = self.model.generate(
                input_ids=torch.tensor(padded, device=device), attention_mask=torch.tensor(mask, device=device)
            )
        return [self._read(ids, row[width:]) for ids, row in zip(prompts, made.tolist(), strict=True)]

    def _read(self, prompt: tuple[int, ...], new: list[int]) -> Answer:
        stop = next((position for position, token in enumerate(new) if token in self.ends), None)
        kept = new[:stop]
        return Answer(decode_completion(self.tokenizer, prompt, kept), len(kept), "length" if stop is None else "stop")


def prepare_greedy(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", new_tokens: int) -> Greedy:
    """Make the model generate greedily, whatever its own generation settings say.

    An answer ends at the tokenizer's end token and at those of the model's generation settings, which for chat models
    may differ.
    """
    from transformers import GenerationConfig

    stated = getattr(model.generation_config, "eos_token_id", None)
    listed = stated if isinstance(stated, list) else [stated]
    ends = sorted({int(end) for end in [*listed, tokenizer.eos_token_id] if end is not None})
    model.generation_config = GenerationConfig(
        do_sample=False,
        max_new_tokens=new_tokens,
        eos_token_id=ends,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )
    return Greedy(model, tokenizer, frozenset(ends))


def fit_context(new_tokens: int, context: int | None) -> tuple[int, int]:
    """Return how many tokens are generated at most and how many the prompt may have, so that both fit the context.

    At most half of the context is generated. Every prompt gets the same allowance, whatever batch it is in.
    """
    if context is None:
        return new_tokens, PROMPT_TOKENS
    allowed = max(1, min(new_tokens, context // 2))
    return allowed, max(1, context - allowed)
