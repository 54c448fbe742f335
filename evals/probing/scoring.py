"""How likely the untouched model finds given answers: one teacher-forced pass, in float32."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.batching import Batches
from evals.logprobs import LOGITS_AT_ONCE
from evals.rendering import Prompt, Scored, encode_reference

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

UNCUT: Final = 10**9
"""More tokens than any text has."""


class Likelihood(NamedTuple):
    """The log-probability of one answer after its prompt."""

    nats: float
    """Sum over the scored tokens, at most 0."""
    tokens: int

    @property
    def per_token(self) -> float:
        """Mean log-probability of a token, in nats."""
        return self.nats / self.tokens


def encode_answers(
    tokenizer: "PreTrainedTokenizerBase", prompt: Prompt, answers: Sequence[str], context: int, ends: frozenset[int]
) -> list[Scored] | None:
    """Return each answer behind the same tokens of the prompt, cut to the context, its end token left out.

    Answers that are compared must follow the same text: where prompt and longest answer are too long together, the
    prompt loses its beginning (it keeps at least half of the context) and every answer its end. None where the chat template
    refuses the prompt.
    """
    import jinja2

    try:
        whole = [encode_reference(tokenizer, prompt, answer, UNCUT) for answer in answers]
    except (jinja2.TemplateError, ValueError, TypeError):
        return None
    start = min(one.start for one in whole)
    tails = [_without_end(one.ids[start:], ends) for one in whole]
    room = max(context // 2, context - max(len(tail) for tail in tails))
    head = cut_head(tokenizer, whole[0].ids[:start], room)
    cut = len(head) < start
    return [Scored((*head, *tail[: context - len(head)]), len(head), cut or len(head) + len(tail) > context) for tail in tails]


def cut_head(tokenizer: "PreTrainedTokenizerBase", ids: tuple[int, ...], room: int) -> tuple[int, ...]:
    """Return the last `room` tokens of a prompt, the begin token kept."""
    if len(ids) <= room:
        return ids
    if room > 1 and ids[0] == tokenizer.bos_token_id:
        return (ids[0], *ids[len(ids) - room + 1 :])
    return ids[len(ids) - room :]


def score_answers(
    model: "PreTrainedModel", pad: int, texts: Sequence[Scored], batch_tokens: int, advance: Callable[[int], None]
) -> list[Likelihood | None]:
    """Return the likelihood of the tokens from `start` on; None where there is none to score, or the model gives no number."""
    found: list[Likelihood | None] = [None] * len(texts)
    scorable = [place for place, text in enumerate(texts) if 0 < text.start < len(text.ids)]
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    budget = max(1, min(batch_tokens, LOGITS_AT_ONCE // vocabulary))
    done = 0
    for worked in Batches(scorable, lambda place: len(texts[place].ids), budget).run(
        lambda batch: _score(model, pad, [texts[place] for place in batch])
    ):
        for place, likelihood in zip(worked.batch, worked.result or (), strict=False):
            found[place] = likelihood
        done += len(worked.batch)
        advance(done)
    return found


def _score(model: "PreTrainedModel", pad: int, texts: Sequence[Scored]) -> list[Likelihood | None]:
    import torch

    width, device = max(len(text.ids) for text in texts), model.device
    ids = torch.tensor([list(text.ids) + [pad] * (width - len(text.ids)) for text in texts], device=device)
    mask = torch.tensor([[1] * len(text.ids) + [0] * (width - len(text.ids)) for text in texts], device=device)
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        sums = [
            torch.log_softmax(row[text.start - 1 : len(text.ids) - 1].float(), dim=-1)
            .gather(1, own[text.start : len(text.ids), None])
            .double()
            .sum()
            for row, own, text in zip(logits, ids, texts, strict=True)
        ]
    found = [(float(total), len(text.ids) - text.start) for total, text in zip(sums, texts, strict=True)]
    return [Likelihood(nats, tokens) if math.isfinite(nats) else None for nats, tokens in found]


def _without_end(ids: tuple[int, ...], ends: frozenset[int]) -> tuple[int, ...]:
    """Return the tokens before the last end token, behind which a chat template may write a line break or more."""
    last = max((place for place, token in enumerate(ids) if token in ends), default=len(ids))
    return ids[:last]
