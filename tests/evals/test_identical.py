"""Batched answers against the plainest loop there is: one prompt at a time, the whole text read again for each token.

Padding and batch size move logits by rounding. Where that flips a token, the two best logits must lie closer together
than `NOISE`; a flip across a larger gap is a wrong answer, not noise.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from evals import greedy
from evals.batching import Batches
from evals.generate import SIDES
from evals.greedy import Greedy, prepare_greedy
from evals.models import ModelPair, load_pair, load_tokenizer
from evals.rendering import encode_prompt
from reports.records.evaluation import Message, Side
from tests.evals.tiny import build_tiny_adapter, build_tiny_model
from tests.evals.tiny_run import SUITES, TARGET

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

NOISE: Final = 1e-4
"""Of logits in float32."""
NEW_TOKENS: Final = 30
TEXTS: Final = [*(text for texts in SUITES.values() for text in texts), *(text for text, _ in TARGET), "a", "tea " * 30]


class Alone(NamedTuple):
    """The answer to one prompt by itself: its tokens, and how far the best logit was ahead at each."""

    tokens: list[int]
    gaps: list[float]


class Bench(NamedTuple):
    """Both sides, prompts of very different lengths, and the answer that each has by itself."""

    pair: ModelPair
    tokenizer: "PreTrainedTokenizerBase"
    prompts: list[tuple[int, ...]]
    alone: dict[Side, list[Alone]]

    def flips(self, side: Side, batch_tokens: int) -> list[float]:
        """Return the gap at the first token of each answer in which batches differ from the prompt by itself."""
        batches = Batches(list(enumerate(self.prompts)), lambda item: len(item[1]) + NEW_TOKENS, batch_tokens)
        found: dict[int, list[int]] = {}
        with self.pair.side(side) as model:
            ready = prepare_greedy(model, self.tokenizer, NEW_TOKENS)
            for worked in batches.run(lambda batch: ready.continuations([ids for _, ids in batch])):
                found |= {place: new for (place, _), new in zip(worked.batch, worked.result or [], strict=True)}
        return [
            gap
            for place, alone in enumerate(self.alone[side])
            if (gap := first_flip(alone, until_end(found[place], ready.ends))) is not None
        ]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("models")
    model = build_tiny_model(folder / "tiny")
    tokenizer = load_tokenizer(str(model), messages=True).tokenizer
    prompts = sorted({encode_prompt(tokenizer, (Message(role="user", content=text),), 200).ids for text in TEXTS})
    pair = load_pair(str(model), build_tiny_adapter(model, folder / "adapter"))
    pair.candidate.generation_config.eos_token_id = list(range(20, 60))
    alone = {side: [answer_alone(pair, side, tokenizer, ids) for ids in prompts] for side in SIDES}
    return Bench(pair, tokenizer, prompts, alone)


def answer_alone(pair: ModelPair, side: Side, tokenizer: "PreTrainedTokenizerBase", prompt: Sequence[int]) -> Alone:
    """Answer without batch, padding, cache or any generation code: one forward pass over the whole text for each token."""
    import torch

    alone = Alone([], [])
    with pair.side(side) as model, torch.inference_mode():
        ends = prepare_greedy(model, tokenizer, NEW_TOKENS).ends
        while len(alone.tokens) < NEW_TOKENS and ends.isdisjoint(alone.tokens):
            logits = model(input_ids=torch.tensor([[*prompt, *alone.tokens]]), use_cache=False).logits[0, -1]
            best, second = logits.topk(2).values.tolist()
            alone.tokens.append(int(logits.argmax()))
            alone.gaps.append(best - second)
    return alone


def until_end(tokens: Sequence[int], ends: frozenset[int]) -> list[int]:
    last = next((place for place, token in enumerate(tokens) if token in ends), len(tokens) - 1)
    return list(tokens[: last + 1])


def first_flip(alone: Alone, batched: Sequence[int]) -> float | None:
    """Return how far ahead the best logit was where the batched answer first differs, None where it does not."""
    if alone.tokens == batched:
        return None
    differing = (place for place, (one, other) in enumerate(zip(alone.tokens, batched, strict=False)) if one != other)
    return alone.gaps[next(differing)]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("batch_tokens", [1, 300, 10_000])
def test_batched_answers_are_those_of_each_prompt_alone(bench: Bench, side: Side, batch_tokens: int) -> None:
    assert [gap for gap in bench.flips(side, batch_tokens) if gap >= NOISE] == []


def test_the_prompts_end_early_late_and_never(bench: Bench) -> None:
    """Otherwise the comparison would not see how ended answers leave a batch."""
    lengths = {len(alone.tokens) for side in SIDES for alone in bench.alone[side]}

    assert min(lengths) <= greedy.STEPS_AT_ONCE < NEW_TOKENS == max(lengths)
    assert len(lengths) > 5


def test_a_mask_that_shows_the_padding_is_found_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    pad = Greedy._pad

    def unmasked(model: Greedy, prompts: Sequence[tuple[int, ...]]) -> tuple["torch.Tensor", "torch.Tensor"]:
        ids, mask = pad(model, prompts)
        return ids, mask.new_ones(mask.shape)

    monkeypatch.setattr(greedy.Greedy, "_pad", unmasked)

    assert max(bench.flips("baseline", 10_000)) > 100 * NOISE


def test_answers_that_go_to_the_wrong_row_are_found_out(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of the cache stay where they are while those of the batch move up."""
    from transformers import DynamicCache

    def keep_first(cache: DynamicCache, kept: "torch.Tensor") -> None:
        for layer in cache.layers:
            layer.keys, layer.values = layer.keys[: len(kept)], layer.values[: len(kept)]

    monkeypatch.setattr(DynamicCache, "batch_select_indices", keep_first)

    assert max(bench.flips("baseline", 10_000)) > 100 * NOISE
