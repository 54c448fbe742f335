"""How much more probable a model finds the chosen answer than the rejected one, before anything is trained."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.batching import Batches
from evals.data.examples import Example
from evals.data.template.collating import Setup
from evals.data.template.sampling import Answer, sample_answers
from evals.logprobs import LOGITS_AT_ONCE

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

BATCH_TOKENS: Final = 4096


class Scored(NamedTuple):
    """What a model says about one answer after its prompt."""

    logp: float
    """Natural log of the probability of all its tokens, at most 0."""
    tokens: int

    @property
    def per_token(self) -> float:
        """Mean log-probability of a token, in nats."""
        return self.logp / self.tokens


class Margin(NamedTuple):
    """One pair under the reference model; positive where the chosen answer is the more probable one."""

    example: Example
    chosen: Scored
    rejected: Scored

    @property
    def total(self) -> float:
        """Difference of the log-probabilities, in nats: what DPO starts from."""
        return self.chosen.logp - self.rejected.logp

    @property
    def per_token(self) -> float:
        """Difference of the mean log-probabilities, in nats a token: what length does not decide."""
        return self.chosen.per_token - self.rejected.per_token


class Margins(NamedTuple):
    """The pairs that were scored, and how many could not be."""

    found: tuple[Margin, ...]
    missing: int
    """Pairs that the template refuses, that do not fit max_length, or whose probabilities are not finite."""


def reference_margins(
    examples: Sequence[Example],
    model: "PreTrainedModel",
    setup: Setup,
    pairs: int,
    advance: Callable[[int, int], None] | None = None,
) -> Margins:
    """Score a seeded sample of pairs on the tensors that DPOTrainer would compute its reference on (Rafailov et al. 2023).

    Args:
        examples: rows; those that are no pairs are passed over.
        model: the reference, in evaluation mode.
        setup: tokenizer and max_length.
        pairs: sampled pairs, at most.
        advance: hears how many answers are scored, and of how many.
    """
    sample = sample_answers(examples, setup, ("preference",), pairs)
    answers = [answer for answer in sample.answers if answer.batched and answer.trained]
    vocabulary = int(model.get_input_embeddings().weight.shape[0])
    batches = Batches(answers, _length, max(1, min(BATCH_TOKENS, LOGITS_AT_ONCE // vocabulary)))
    scores: dict[int, Scored | None] = {}
    for worked in batches.run(lambda batch: _score(model, batch)):
        results = worked.result or [None] * len(worked.batch)
        scores |= {id(answer): score for answer, score in zip(worked.batch, results, strict=True)}
        if advance:
            advance(len(scores), len(answers))
    both = zip(sample.answers[::2], sample.answers[1::2], strict=True)
    found = [
        Margin(chosen.example, first, second)
        for chosen, rejected in both
        if (first := scores.get(id(chosen))) and (second := scores.get(id(rejected)))
    ]
    return Margins(tuple(found), len(sample.answers) // 2 + sample.refused - len(found))


def _length(answer: Answer) -> int:
    return len(answer.batched.ids) if answer.batched else 0


def _score(model: "PreTrainedModel", answers: Sequence[Answer]) -> list[Scored | None]:
    import torch

    rows = [answer.batched for answer in answers if answer.batched]
    width = max(len(row.ids) for row in rows)
    ids = torch.tensor([[*row.ids, *[0] * (width - len(row.ids))] for row in rows], device=model.device)
    mask = torch.tensor([[1] * len(row.ids) + [0] * (width - len(row.ids)) for row in rows], device=model.device)
    learned = torch.zeros_like(mask, dtype=torch.bool)
    for place, answer in enumerate(answers):
        learned[place, sorted(answer.trained)] = True
    learned[:, 0] = False
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
        logps = _log_probabilities(logits[:, :-1][learned[:, 1:]], ids[learned])
    counts = learned.sum(dim=1).tolist()
    return [_scored(part) for part in torch.split(logps, counts)]


def _log_probabilities(logits: "torch.Tensor", followed: "torch.Tensor") -> "torch.Tensor":
    """Return the log-probability of each token that followed, in float32 over the whole vocabulary."""
    from torch.nn.functional import cross_entropy

    return -cross_entropy(logits.float(), followed, reduction="none")


def _scored(logps: "torch.Tensor") -> Scored | None:
    total = float(logps.double().sum())
    return Scored(total, len(logps)) if len(logps) and total > float("-inf") else None
