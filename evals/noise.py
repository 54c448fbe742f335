"""Numeric noise: a sample answered and scored again by the same models in other batches, which should change nothing."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from evals.batching import Batches
from evals.generate import STAGE, GenerationSettings, Ledger, Request, collect_requests
from evals.greedy import prepare_greedy
from evals.logprobs import Drift, Drifts, compare_logprobs
from evals.models import ModelPair
from reports.digest import text_digest
from reports.progress import ProgressLog
from reports.records.evaluation import NumericNoise, SuiteItem
from reports.rundir import RunDir

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

T = TypeVar("T")

SAMPLE: Final = 32
SIDE_BY_SIDE: Final = 4
"""Most prompts in a batch of the repeat; the first time, batches are filled up to a budget of tokens."""


class First(NamedTuple):
    """What was measured the first time."""

    items: Sequence[SuiteItem]
    ledger: Ledger
    drifts: Drifts
    context: int | None
    """Tokens the model reads at most; None: not stated."""


def numeric_noise(
    run: RunDir,
    pair: ModelPair,
    tokenizer: "PreTrainedTokenizerBase",
    first: First,
    settings: GenerationSettings,
    progress: ProgressLog,
) -> NumericNoise:
    """Repeat up to 32 greedy answers of the baseline and 32 scored texts of both sides in small batches; count what changed.

    Written to the run once: asked again for the same models and prompts, nothing is repeated.
    """
    said = {name: line.completion for name, line in first.ledger.completions["baseline"].items() if line.completion is not None}
    asked = _spread(collect_requests(tokenizer, [i for i in first.items if i.id in said], settings.prompt_tokens).asked)
    texts = _spread([item for item in first.items if item.id in first.drifts.found])
    names = [request.items[0].id for request in asked]
    key = text_digest(*settings.identity.values(), str(settings.new_tokens), *names, "scored", *(item.id for item in texts))
    if run.has(NumericNoise) and (known := run.read(NumericNoise)).key == key:
        return known
    again = _answer_again(pair, tokenizer, asked, settings, progress)
    budget = max(1, settings.batch_tokens // SIDE_BY_SIDE)
    scored = compare_logprobs(pair, tokenizer, texts, first.context, budget, progress).found
    changes = [_change(first.drifts.found[name], drift) for name, drift in scored.items()]
    noise = NumericNoise(
        key=key,
        answers=len(again),
        changed=sum(said[name] != text for name, text in again.items()),
        texts=len(changes),
        loss=max((change.loss for change in changes), default=None),
        kl=max((change.kl for change in changes), default=None),
    )
    run.write(noise)
    return noise


class Change(NamedTuple):
    """How far two measurements of one text lie apart, in nats a token."""

    loss: float
    kl: float


def _change(one: Drift, other: Drift) -> Change:
    return Change(
        loss=max(abs(one.nll_baseline - other.nll_baseline), abs(one.nll_candidate - other.nll_candidate)),
        kl=max(
            abs(one.kl_candidate_baseline - other.kl_candidate_baseline),
            abs(one.kl_baseline_candidate - other.kl_baseline_candidate),
        ),
    )


def _answer_again(
    pair: ModelPair,
    tokenizer: "PreTrainedTokenizerBase",
    asked: Sequence[Request],
    settings: GenerationSettings,
    progress: ProgressLog,
) -> dict[str, str]:
    """Return the baseline's new answers by prompt id; a prompt that fails this time is left out."""
    longest = max((len(request.ids) for request in asked), default=0) + settings.new_tokens
    budget = min(SIDE_BY_SIDE * longest, settings.batch_tokens // 2)
    batches = Batches(asked, lambda request: len(request.ids) + settings.new_tokens, budget)
    progress.begin(STAGE, "Repeating a sample, baseline", len(asked), "prompts")
    found: dict[str, str] = {}
    with pair.side("baseline") as model:
        greedy = prepare_greedy(model, tokenizer, settings.new_tokens)
        for worked in batches.run(lambda batch: greedy.answer([request.ids for request in batch])):
            answers = zip(worked.batch, worked.result or (), strict=False)
            found |= {request.items[0].id: answer.text for request, answer in answers}
            progress.advance(len(found))
    return found


def _spread(found: Sequence[T]) -> list[T]:
    count = min(SAMPLE, len(found))
    return [found[position * len(found) // count] for position in range(count)]
