"""LEN002 and BOW001: how well length alone, or words alone, tell the chosen answer from the rejected one."""

import random
import re
from collections.abc import Callable, Sequence
from math import log1p, sqrt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from evals.data.checks.evidence import NO_PAIRS, skipped
from evals.data.examples import Example, plain
from evals.data.keys import prompt_key
from reports.records.data import Check

if TYPE_CHECKING:
    import numpy

FEWEST_PAIRS: Final = 100
MOST_PAIRS: Final = 20_000
FOLDS: Final = 5
FEATURES: Final = 2**16
SEED: Final = 0
Z_95: Final = 1.645
LENGTH_LIMIT: Final = 0.65
"""AUC; a judge of quality that reads nothing but length gets 0.5 where length does not matter."""
WORDS_LIMIT: Final = 0.80
"""AUC; above it a list of words wins the pairs. Preferences of people stay well below (0.63 on hh-rlhf), a style does not."""
_WORD: Final = re.compile(r"\w+")


class Separation(NamedTuple):
    """How well features tell held-out pairs apart."""

    auc: float
    low: float
    """One-sided 95 % limit (Hanley and McNeil 1982)."""
    pairs: int


class Shortcut(NamedTuple):
    """One thing that a lazy model could read instead of the answers."""

    code: str
    title: str
    name: str
    limit: float
    fix: str
    features: "Callable[[Sequence[str]], Any]"


def check_shortcuts(pairs: Sequence[Example]) -> tuple[Check, ...]:
    """Report the cross-validated AUC of length and of a bag of words; a warning where even its lower limit is above the line."""
    return tuple(_check(shortcut, pairs) for shortcut in SHORTCUTS)


def separate(pairs: Sequence[Example], features: "Callable[[Sequence[str]], Any]") -> Separation:
    """Predict which answer was chosen from the difference of features, on prompts that were not learned from.

    Logistic regression without intercept, five folds grouped by prompt; the sides are swapped at random, so that 0.5 is chance.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    chosen = random.Random(SEED).sample(list(pairs), MOST_PAIRS) if len(pairs) > MOST_PAIRS else pairs
    labels = draw_sides(len(chosen))
    difference = signed_difference(features, chosen, labels)
    groups = [prompt_key(pair.fields["prompt"]).hex() for pair in chosen]
    model = LogisticRegression(fit_intercept=False, max_iter=300)
    scores = cross_val_predict(model, difference, labels, groups=groups, cv=GroupKFold(FOLDS), method="decision_function")
    auc = float(roc_auc_score(labels, scores))
    return Separation(auc, auc - Z_95 * auc_error(auc, int(labels.sum()), int((~labels).sum())), len(chosen))


def _check(shortcut: Shortcut, pairs: Sequence[Example]) -> Check:
    prompts = len({prompt_key(pair.fields["prompt"]) for pair in pairs})
    if not pairs:
        return skipped(shortcut.code, shortcut.title, NO_PAIRS)
    if min(len(pairs), prompts) < FEWEST_PAIRS:
        because = f"{len(pairs):,} pairs over {prompts:,} prompts are too few to tell; {FEWEST_PAIRS} prompts are needed"
        return skipped(shortcut.code, shortcut.title, because)
    found = separate(pairs, shortcut.features)
    is_shortcut = found.low > shortcut.limit
    return Check(
        code=shortcut.code,
        title=shortcut.title,
        blocking=False,
        state="warn" if is_shortcut else "pass",
        value=round(found.auc, 4),
        limit=shortcut.limit,
        because=f"{shortcut.name} alone predicts the chosen answer with an AUC of {found.auc:.2f} (at least {found.low:.2f}, "
        f"95 %) on held-out prompts of {found.pairs:,} pairs; 0.5 is chance",
        fix=shortcut.fix if is_shortcut else "",
    )


def draw_sides(pairs: int) -> "numpy.ndarray":
    """Return for each pair whether the chosen answer stands first: half of them, in random order."""
    import numpy as np

    sides: numpy.ndarray = np.random.default_rng(SEED).permutation(pairs) % 2 == 0
    return sides


def signed_difference(features: "Callable[[Sequence[str]], Any]", pairs: Sequence[Example], labels: "numpy.ndarray") -> Any:
    """Return the features of the chosen answers less those of the rejected ones, negated where a label is false.

    Features that tell no pair apart are left out: their weights would be zero, and they would cost most of the time.
    """
    from scipy.sparse import csr_matrix, diags

    chosen = features([plain(pair.fields["chosen"]) for pair in pairs])
    rejected = features([plain(pair.fields["rejected"]) for pair in pairs])
    difference = csr_matrix(diags(labels * 2.0 - 1.0) @ (chosen - rejected))
    difference.eliminate_zeros()
    tells = difference.getnnz(axis=0) > 0
    tells[0] = True
    return difference[:, tells]


def length_features(texts: Sequence[str]) -> Any:
    """Return a column with the logarithm of the length in characters."""
    import numpy as np

    return np.array([[log1p(len(text))] for text in texts])


def word_features(texts: Sequence[str]) -> Any:
    """Return a sparse row for each text: which words occur in it."""
    from sklearn.feature_extraction.text import HashingVectorizer

    return HashingVectorizer(
        n_features=FEATURES, alternate_sign=False, binary=True, norm=None, tokenizer=_tokens, token_pattern=None
    ).transform(texts)


def _tokens(text: str) -> list[str]:
    return _WORD.findall(text)


def auc_error(auc: float, positive: int, negative: int) -> float:
    """Return the standard error of an AUC (Hanley and McNeil 1982, Radiology 143)."""
    both_above, both_below = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (positive - 1) * (both_above - auc**2) + (negative - 1) * (both_below - auc**2)
    return sqrt(max(0.0, spread) / (positive * negative))


SHORTCUTS: Final = (
    Shortcut(
        "LEN002",
        "Length predicts the chosen answer",
        "Length in characters",
        LENGTH_LIMIT,
        "Add pairs of equal length, or use a method that corrects for length.",
        length_features,
    ),
    Shortcut(
        "BOW001",
        "Words predict the chosen answer",
        "A bag of words",
        WORDS_LIMIT,
        "Read the pairs: where a style is not what you teach, single words give the answer away.",
        word_features,
    ),
)
