"""What the data costs in tokens: one pass over it, padding, and the epochs of a plan."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

from evals.data.examples import Example
from evals.data.lengths import Lengths
from evals.data.reading import Source
from reports.records.data import StageTokens, TokenCost
from reports.records.plan import Plan, StagePlan

BATCH_ROWS: Final = 8
SEED: Final = 0
JUDGE: Final = "judge"
SPLITS: Final = {
    "sft": "sft_train",
    "dpo": "pairs_train",
    "orpo": "pairs_train",
    "reward": "pairs_train",
    "kto": "unpaired_train",
    JUDGE: "judge_train",
}
"""What a method learns from; those that sample answers read more than is known before."""


def token_costs(sources: Sequence[Source], lengths: Sequence[tuple[str, Lengths]]) -> tuple[TokenCost, ...]:
    """Return the tokens of one pass over all rows of each kind; `lengths` are given with the label of their source."""
    kinds = {source.label: source.layout.kind for source in sources}
    by_kind: dict[str, list[Lengths]] = {}
    for label, length in lengths:
        by_kind.setdefault(kinds[label], []).append(length)
    return tuple(_cost(kind, rows) for kind, rows in by_kind.items())


def stage_tokens(
    plan: Plan, splits: Mapping[str, Sequence[Example]], lengths: Sequence[tuple[str, Lengths]], limit: int | None
) -> tuple[StageTokens, ...]:
    """Estimate the tokens of each stage: rows of its split, times epochs, times the mean tokens of such a row up to `limit`."""
    rows = [length.totals for _, length in lengths]
    pairs = [sum(_cut(totals, limit)) for totals in rows if len(totals) == 2]
    single = [sum(_cut(totals, limit)) for totals in rows if len(totals) == 1]
    chosen = [_cut(totals, limit)[0] for totals in rows if len(totals) == 2]
    stages = (*plan.stages, *((plan.judge,) if plan.judge else ()))
    read = {"sft": single or chosen, "kto": [total for totals in rows for total in _cut(totals, limit)]}
    found = [_stage(stage, len(splits.get(_split(stage), ())), read.get(stage.method, pairs)) for stage in stages]
    return tuple(stage for stage in found if stage)


def _split(stage: StagePlan) -> str:
    return SPLITS.get(JUDGE if stage.name == JUDGE else stage.method, "")


def _stage(stage: StagePlan, rows: int, tokens: Sequence[int]) -> StageTokens | None:
    epochs = stage.values().get("num_train_epochs")
    if not rows or not tokens or not isinstance(epochs, int | float):
        return None
    return StageTokens(stage=stage.name, rows=rows, epochs=float(epochs), tokens=round(rows * epochs * sum(tokens) / len(tokens)))


def _cut(totals: Sequence[int], limit: int | None) -> list[int]:
    return [total if limit is None else min(total, limit) for total in totals]


def _cost(kind: str, rows: Sequence[Lengths]) -> TokenCost:
    read = [row.totals or (row.prompt,) for row in rows]
    return TokenCost(
        kind=kind,
        rows=len(rows),
        tokens=sum(map(sum, read)),
        trained=sum(sum(row.answers) for row in rows) if kind != "language-modelling" else sum(map(sum, read)),
        padding_share=round(_padding_share(read), 4),
    )


def _padding_share(rows: Sequence[Sequence[int]]) -> float:
    """Return the filled-up share of batches in random order; both sides of a pair are padded to one length, as TRL does."""
    shuffled = random.Random(SEED).sample(rows, len(rows))
    batches = [
        [total for row in shuffled[start : start + BATCH_ROWS] for total in row] for start in range(0, len(rows), BATCH_ROWS)
    ]
    positions = sum(max(batch) * len(batch) for batch in batches)
    return 1 - sum(map(sum, batches)) / positions if positions else 0.0
