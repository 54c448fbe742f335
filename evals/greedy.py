"""Greedy answers of one model to a batch of prompts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from evals.rendering import decode_completion

if TYPE_CHECKING:
    import torch
    from transformers import Cache, PreTrainedModel, PreTrainedTokenizerBase

STEPS_AT_ONCE: Final = 16
"""Steps between two looks at which answers have ended; a look costs about as much as one step of a small model."""
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
    new_tokens: int
    """Length at which an answer is cut."""

    def answer(self, prompts: Sequence[tuple[int, ...]]) -> list[Answer]:
        """Answer prompts side by side, padded on the left."""
        return [self._read(ids, new) for ids, new in zip(prompts, self.continuations(prompts), strict=True)]

    def continuations(self, prompts: Sequence[tuple[int, ...]]) -> list[list[int]]:
        """Return the new tokens of each prompt, and sometimes more behind its end token.

        What has ended leaves the batch, so that short answers do not wait for long ones.
        """
        import torch

        new: list[list[int]] = [[] for _ in prompts]
        rows, cache = list(range(len(prompts))), None
        ids, mask = self._pad(prompts)
        with torch.inference_mode():
            for done in range(0, self.new_tokens, STEPS_AT_ONCE):
                made = self.model.generate(
                    input_ids=ids,
                    attention_mask=mask,
                    past_key_values=cache,
                    max_new_tokens=min(STEPS_AT_ONCE, self.new_tokens - done),
                    return_dict_in_generate=True,
                )
                fresh = made.sequences[:, ids.shape[1] :]
                for row, tokens in zip(rows, fresh.tolist(), strict=True):
                    new[row] += tokens
                going = [place for place, row in enumerate(rows) if self.ends.isdisjoint(new[row])]
                if not going:
                    break
                ids, cache = made.sequences, made.past_key_values
                mask = torch.cat([mask, torch.ones_like(fresh)], dim=1)
                if len(going) < len(rows) and _can_drop_rows(cache):
                    kept = torch.tensor(going, device=ids.device)
                    ids, mask, rows = ids[kept], mask[kept], [rows[place] for place in going]
                    cache.batch_select_indices(kept)
        return new

    def _pad(self, prompts: Sequence[tuple[int, ...]]) -> tuple["torch.Tensor", "torch.Tensor"]:
        import torch

        width = max(len(ids) for ids in prompts)
        padded = [[self.tokenizer.pad_token_id] * (width - len(ids)) + list(ids) for ids in prompts]
        mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts]
        device = self.model.device
        return torch.tensor(padded, device=device), torch.tensor(mask, device=device)

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
    return Greedy(model, tokenizer, frozenset(ends), new_tokens)


def _can_drop_rows(cache: "Cache | None") -> bool:
    """Say whether each layer remembers its rows apart; where one does not, ended answers stay in the batch."""
    return cache is not None and all(hasattr(layer, "batch_select_indices") for layer in cache.layers)


def fit_context(new_tokens: int, context: int | None) -> tuple[int, int]:
    """Return how many tokens are generated at most and how many the prompt may have, so that both fit the context.

    At most half of the context is generated. Every prompt gets the same allowance, whatever batch it is in.
    """
    if context is None:
        return new_tokens, PROMPT_TOKENS
    allowed = max(1, min(new_tokens, context // 2))
    return allowed, max(1, context - allowed)
