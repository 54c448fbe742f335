"""NOISE001: how many labels a model that never saw them would turn round, where it is surest."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from evals.data.checks.evidence import ROWS_SHOWN, skipped
from evals.data.checks.shortcuts import (
    FOLDS,
    SEED,
    Z_95,
    auc_error,
    draw_sides,
    length_features,
    signed_difference,
    word_features,
)
from evals.data.examples import Example, excerpt, plain
from evals.data.keys import prompt_key
from evals.stats.interval import Interval
from evals.stats.proportions import exact_interval
from reports.records.data import Check, Evidence

if TYPE_CHECKING:
    import numpy

TITLE: Final = "Label noise"
FEWEST_PROMPTS: Final = 100
FEWEST_OF_A_RATING: Final = 50
MOST_ROWS: Final = 5_000
SUREST: Final = 0.1
"""Share of the rows whose labels are believed to be decided by the features, if any are."""
FEWEST_SUREST: Final = 50
ENOUGH_SEEN: Final = 0.65
"""AUC on held-out prompts, at its lower limit; below it, what the features miss cannot be told from noise."""
LIMIT: Final = 0.10
"""Share of turned labels that even the lower limit of the estimate is above."""


class HeldOut(NamedTuple):
    """What a model says about rows whose prompts it did not learn from."""

    rows: list[Example]
    scores: "numpy.ndarray"
    """Above 0 where it expects the label to be true; the further from 0, the surer it is."""
    labels: "numpy.ndarray"
    auc: float
    low: float
    """One-sided 95 % limit of the AUC."""


class Noise(NamedTuple):
    """The estimate, and the rows it rests on."""

    share: Interval
    """Of labels that contradict the model, among the rows it is surest about."""
    contradicted: list[Example]
    """These rows, the surest first."""


def check_noise(examples: Sequence[Example]) -> Check:
    """Report the share of turned labels among pairs, else among ratings; a warning where even its lower limit is above 10 %."""
    pairs = [row for row in examples if row.kind == "preference"]
    rated = [row for row in examples if "rating" in row.carried]
    if not pairs and not rated:
        return skipped("NOISE001", TITLE, "the data hold neither preference pairs nor ratings")
    name = "pairs" if pairs else "ratings"
    why = _too_few(pairs or rated, name)
    if why:
        return skipped("NOISE001", TITLE, why)
    held_out = judge_pairs(pairs) if pairs else judge_ratings(rated)
    if held_out.low < ENOUGH_SEEN:
        because = (
            f"words and length see too little to estimate noise: they predict held-out {name} with an AUC of {held_out.auc:.2f}"
        )
        return skipped("NOISE001", TITLE, f"{because} (at least {held_out.low:.2f}; {ENOUGH_SEEN} is needed)")
    return _check(estimate_noise(held_out), held_out, name)


def estimate_noise(held_out: HeldOut) -> Noise:
    """Count contradicted labels among the tenth of the rows that the model is surest about, at least 50.

    Confident learning (Northcutt, Jiang and Chuang 2021) with a stricter threshold: its own, the mean confidence, takes what
    the features cannot see for noise. Where labels were turned at random and the features decide some rows for certain, the
    share among those rows is the share among all; where they decide none, it is too high. Exact 95 % limits.
    """
    import numpy as np

    order = np.argsort(-np.abs(held_out.scores), kind="stable")
    surest = order[: max(FEWEST_SUREST, int(SUREST * len(order)))]
    wrong = [int(place) for place in surest if (held_out.scores[place] > 0) != held_out.labels[place]]
    return Noise(exact_interval(len(wrong), len(surest)), [held_out.rows[place] for place in wrong])


def judge_pairs(pairs: Sequence[Example]) -> HeldOut:
    """Predict for each pair which answer was chosen, from both answers alone; five folds, grouped by prompt."""
    rows = _sample(pairs)
    labels = draw_sides(len(rows))
    return _hold_out(rows, signed_difference(_features, rows, labels), labels, fit_intercept=False)


def judge_ratings(rated: Sequence[Example]) -> HeldOut:
    """Predict for each answer whether it was rated good, from the answer alone; five folds, grouped by prompt."""
    import numpy as np

    rows = _sample(rated)
    labels = np.array([row.carried["rating"] == "good" for row in rows])
    return _hold_out(rows, _features([plain(row.fields["completion"]) for row in rows]), labels, fit_intercept=True)


def _hold_out(rows: list[Example], features: Any, labels: "numpy.ndarray", fit_intercept: bool) -> HeldOut:
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    groups = [prompt_key(row.fields["prompt"]).hex() for row in rows]
    model = LogisticRegression(fit_intercept=fit_intercept, max_iter=300, class_weight="balanced")
    scores = cross_val_predict(model, features, labels, groups=groups, cv=GroupKFold(FOLDS), method="decision_function")
    auc = float(roc_auc_score(labels, scores))
    return HeldOut(rows, scores, labels, auc, auc - Z_95 * auc_error(auc, int(labels.sum()), int((~labels).sum())))


def _check(noise: Noise, held_out: HeldOut, name: str) -> Check:
    is_noisy = noise.share.low > LIMIT
    return Check(
        code="NOISE001",
        title=TITLE,
        blocking=False,
        state="warn" if is_noisy else "pass",
        value=round(noise.share.value, 4),
        limit=LIMIT,
        because=f"of the {noise.share.n:,} {name} that a model of words and length is surest about, without having seen their "
        f"prompts, {100 * noise.share.value:.1f} % are labelled the other way ({100 * noise.share.low:.1f} to "
        f"{100 * noise.share.high:.1f} %, 95 %; AUC {held_out.auc:.2f}); labels that words cannot show to be wrong stay unseen",
        evidence=tuple(_evidence(row) for row in noise.contradicted[:ROWS_SHOWN]),
        fix="Read the rows shown first, have them judged again, and audit a sample with `tunegate audit`." if is_noisy else "",
    )


def _evidence(row: Example) -> Evidence:
    answer = plain(row.fields["chosen" if row.kind == "preference" else "completion"]).strip()
    said = "chosen" if row.kind == "preference" else f"rated {row.carried['rating']}"
    return Evidence(row=row.number, excerpt=excerpt(f"{row.source}: {said}: {answer}"))


def _too_few(rows: Sequence[Example], name: str) -> str:
    prompts = len({prompt_key(row.fields["prompt"]) for row in rows})
    if prompts < FEWEST_PROMPTS:
        return f"{len(rows):,} {name} over {prompts:,} prompts are too few to tell; {FEWEST_PROMPTS} prompts are needed"
    good = sum(row.carried.get("rating") == "good" for row in rows)
    if name == "ratings" and min(good, len(rows) - good) < FEWEST_OF_A_RATING:
        return f"{good:,} of {len(rows):,} ratings are good; {FEWEST_OF_A_RATING} of either kind are needed"
    return ""


def _sample(rows: Sequence[Example]) -> list[Example]:
    return random.Random(SEED).sample(list(rows), MOST_ROWS) if len(rows) > MOST_ROWS else list(rows)


def _features(texts: Sequence[str]) -> Any:
    from scipy.sparse import csr_matrix, hstack

    return hstack([word_features(texts), csr_matrix(length_features(texts))]).tocsr()
