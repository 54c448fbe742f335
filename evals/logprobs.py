"""How far the candidate's next-token probabilities moved: one teacher-forced pass a side over the same tokens."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.batching import Batches
from evals.generate import STAGE
from evals.models import ModelPair
from evals.rendering import Scored, encode_reference
from reports.progress import ProgressLog
from reports.records.evaluation import Side, SuiteItem

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerBase

LOGITS_AT_ONCE: Final = 2**27
"""Elements of logits held for one side of one batch: half a gibibyte in float32."""
LOGITS_IN_FLOAT32: Final = 2**24
"""Elements of logits turned into float32 log-probabilities at once."""


class Drift(NamedTuple):
    """What teacher forcing says about one text; all in nats a token, means over its scored tokens."""

    tokens: int
    nll_baseline: float
    nll_candidate: float
    kl_candidate_baseline: float
    """KL(candidate ‖ baseline): what the candidate now says that the baseline would not."""
    kl_baseline_candidate: float
    """KL(baseline ‖ candidate): what the candidate no longer says."""


class Drifts(NamedTuple):
    """By prompt id: the drift, or the reason why it is missing."""

    found: dict[str, Drift]
    missing: dict[str, str]
    notes: tuple[str, ...]


class Text(NamedTuple):
    """One text to score."""

    item: SuiteItem
    scored: Scored


def compare_logprobs(
    pair: ModelPair,
    tokenizer: "PreTrainedTokenizerBase",
    items: Sequence[SuiteItem],
    context: int | None,
    batch_tokens: int,
    progress: ProgressLog,
) -> Drifts:
    """Score each item's reference after its prompt on both sides, exactly: all of the vocabulary, in float32.

    An item without reference is scored as a text itself. KL is summed over the vocabulary at each token of the text,
    which both models are shown; nothing is sampled.
    """
    texts, missing = _texts(tokenizer, items, context or 4096)
    vocabulary = int(pair.candidate.get_input_embeddings().weight.shape[0])
    budget = max(1, min(batch_tokens, LOGITS_AT_ONCE // vocabulary))
    batches = Batches(texts, lambda text: len(text.scored.ids), budget)
    found: dict[str, Drift] = {}
    progress.begin(STAGE, "Comparing probabilities", len(texts), "texts")
    done = 0
    for worked in batches.run(lambda batch: _compare(pair, tokenizer.pad_token_id, [text.scored for text in batch])):
        for text, drift in zip(worked.batch, worked.result or [None] * len(worked.batch), strict=True):
            if drift is None:
                missing[text.item.id] = worked.error or "the model's probabilities are not finite numbers"
            else:
                found[text.item.id] = drift
        done += len(worked.batch)
        progress.advance(done)
    cut = sum(text.scored.was_cut for text in texts)
    return Drifts(found, missing, (f"{cut} of {len(texts)} texts were cut to the model's context.",) if cut else ())


def _texts(tokenizer: "PreTrainedTokenizerBase", items: Sequence[SuiteItem], context: int) -> tuple[list[Text], dict[str, str]]:
    import jinja2

    texts: list[Text] = []
    missing: dict[str, str] = {}
    for item in items:
        try:
            scored = encode_reference(tokenizer, item.prompt, item.reference, context)
        except (jinja2.TemplateError, ValueError, TypeError) as error:
            missing[item.id] = f"the chat template refuses this prompt: {error}"
            continue
        if scored.start < len(scored.ids):
            texts.append(Text(item, scored))
        else:
            missing[item.id] = "the text has no token to score"
    return texts, missing


def _compare(pair: ModelPair, pad: int, texts: Sequence[Scored]) -> list[Drift | None]:
    import torch

    width = max(len(text.ids) for text in texts)
    device = pair.candidate.device
    ids = torch.tensor([list(text.ids) + [pad] * (width - len(text.ids)) for text in texts], device=device)
    mask = torch.tensor([[1] * len(text.ids) + [0] * (width - len(text.ids)) for text in texts], device=device)
    scored = torch.zeros_like(mask, dtype=torch.bool)
    for row, text in enumerate(texts):
        scored[row, text.start : len(text.ids)] = True
    with torch.inference_mode():
        sides = {side: _logits(pair, side, ids, mask, scored) for side in ("baseline", "candidate")}
        values = token_values(sides["baseline"], sides["candidate"], ids[scored])
    return [_drift(part) for part in torch.split(values, [len(text.ids) - text.start for text in texts], dim=1)]


def _logits(pair: ModelPair, side: Side, ids: "torch.Tensor", mask: "torch.Tensor", scored: "torch.Tensor") -> "torch.Tensor":
    """Return one row of logits for each scored token: those that predict it, one position earlier."""
    with pair.side(side) as model:
        logits = model(input_ids=ids, attention_mask=mask, use_cache=False).logits
    predicting: torch.Tensor = logits[:, :-1][scored[:, 1:]]
    return predicting


def token_values(baseline: "torch.Tensor", candidate: "torch.Tensor", tokens: "torch.Tensor") -> "torch.Tensor":
    """Return four rows for each token: NLL of baseline and candidate, KL(candidate ‖ baseline), KL(baseline ‖ candidate).

    KL(p ‖ q) is the sum over the vocabulary of p (log p - log q), in nats; rounding below zero is cut.

    Args:
        baseline: logits, one row a token.
        candidate: logits of the same shape.
        tokens: the tokens that followed.
    """
    import torch

    rows = max(1, LOGITS_IN_FLOAT32 // baseline.shape[-1])
    parts = []
    chunks = zip(torch.split(baseline, rows), torch.split(candidate, rows), torch.split(tokens, rows), strict=True)
    for baseline_logits, candidate_logits, followed in chunks:
        before = torch.log_softmax(baseline_logits.float(), dim=-1)
        after = torch.log_softmax(candidate_logits.float(), dim=-1)
        gap = after - before
        index = followed[:, None]
        forward = (after.exp() * gap).sum(dim=-1).clamp_min(0)
        backward = (before.exp() * -gap).sum(dim=-1).clamp_min(0)
        parts.append(torch.stack([-before.gather(1, index)[:, 0], -after.gather(1, index)[:, 0], forward, backward]))
    return torch.cat(parts, dim=1)


def _drift(values: "torch.Tensor") -> Drift | None:
    means = values.double().mean(dim=1)
    return Drift(values.shape[1], *means.tolist()) if bool(means.isfinite().all()) else None
