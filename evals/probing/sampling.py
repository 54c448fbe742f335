"""Answers of the untouched model: several at temperature 1, or one greedy one."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from evals.batching import Batches
from evals.greedy import prepare_greedy
from evals.rendering import decode_completion
from reports.digest import text_digest

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Ids = tuple[int, ...]


class Drawn(NamedTuple):
    """One answer."""

    text: str
    ids: Ids
    """Its tokens, without the end token."""
    finish: Literal["stop", "length"]


class Answered(NamedTuple):
    """The answers to each prompt, in the order of the prompts; None where generation failed, with the first reason."""

    answers: list[tuple[Drawn, ...] | None]
    error: str


class Speaker(NamedTuple):
    """A model that answers prompts."""

    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"
    new_tokens: int
    batch_tokens: int
    seed: int
    ends: frozenset[int]
    """Token ids that end an answer."""

    def sample(self, prompts: Sequence[Ids], samples: int, advance: Callable[[int], None], temperature: float = 1.0) -> Answered:
        """Draw `samples` answers to each prompt; at temperature 1 from the model's own distribution. Nothing is cut off.

        The same prompts, seed and batch size give the same answers on the same machine.
        """
        self._configure(do_sample=True, temperature=temperature, top_k=0, top_p=1.0, num_return_sequences=samples)
        return self._answer(prompts, samples, advance)

    def answer(self, prompts: Sequence[Ids], advance: Callable[[int], None]) -> Answered:
        """Answer each prompt greedily, once."""
        self._configure(do_sample=False)
        return self._answer(prompts, 1, advance)

    def _configure(self, **settings: object) -> None:
        """Replace the model's own generation settings: what a call leaves open would be taken from them."""
        from transformers import GenerationConfig

        self.model.generation_config = GenerationConfig(
            max_new_tokens=self.new_tokens,
            eos_token_id=sorted(self.ends),
            pad_token_id=self.tokenizer.pad_token_id,
            bos_token_id=self.tokenizer.bos_token_id,
            **settings,
        )

    def _answer(self, prompts: Sequence[Ids], samples: int, advance: Callable[[int], None]) -> Answered:
        found: list[tuple[Drawn, ...] | None] = [None] * len(prompts)
        places = Batches(range(len(prompts)), lambda place: samples * (len(prompts[place]) + self.new_tokens), self.batch_tokens)
        error, done = "", 0
        for worked in places.run(lambda batch: self._generate([prompts[place] for place in batch], samples)):
            for place, answers in zip(worked.batch, worked.result or (), strict=False):
                found[place] = answers
            error = error or worked.error
            done += len(worked.batch)
            advance(done)
        return Answered(found, error)

    def _generate(self, prompts: Sequence[Ids], samples: int) -> list[tuple[Drawn, ...]]:
        import torch

        pad, device = self.tokenizer.pad_token_id, self.model.device
        width = max(len(ids) for ids in prompts)
        padded = [[pad] * (width - len(ids)) + list(ids) for ids in prompts]
        mask = [[0] * (width - len(ids)) + [1] * len(ids) for ids in prompts]
        with torch.inference_mode(), torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(self._seed_of(prompts))
            made = self.model.generate(
                input_ids=torch.tensor(padded, device=device), attention_mask=torch.tensor(mask, device=device)
            )
        rows = made[:, width:].tolist()
        answers = [self._read(prompts[place // samples], row) for place, row in enumerate(rows)]
        return [tuple(answers[place : place + samples]) for place in range(0, len(answers), samples)]

    def _seed_of(self, prompts: Sequence[Ids]) -> int:
        """Seed each batch by what is in it, so that its answers do not depend on what was generated before."""
        return int(text_digest(str(self.seed), *(" ".join(map(str, ids)) for ids in prompts))[:15], 16)

    def _read(self, prompt: Ids, new: list[int]) -> Drawn:
        stop = next((place for place, token in enumerate(new) if token in self.ends), None)
        kept = tuple(new[:stop])
        return Drawn(decode_completion(self.tokenizer, prompt, kept), kept, "length" if stop is None else "stop")


def prepare_speaker(
    model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", new_tokens: int, batch_tokens: int, seed: int
) -> Speaker:
    """Return the model as a speaker whose answers end where those of a measurement end."""
    ends = prepare_greedy(model, tokenizer, new_tokens).ends
    return Speaker(model, tokenizer, new_tokens, batch_tokens, seed, ends)
