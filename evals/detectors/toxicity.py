"""Whether a text is toxic: a lexical classifier and, where there is a sentence encoder, a head that reads meaning as well."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.detectors.examples import read_sayings
from evals.encoder import Encoder
from reports.records.gates import DetectorErrors

if TYPE_CHECKING:
    import numpy
    from sklearn.linear_model import LogisticRegression

THRESHOLD: Final = 0.5
"""Of the probability. Not tuned: the error stated is the error at this value."""
FOLDS: Final = 5
LEXICAL_WEIGHT: Final = 0.1
"""Of the lexical log-odds next to the embedding, whose length is 1."""


class Functional(NamedTuple):
    """How a detector does on the functional examples, every family kept from it."""

    errors: int
    total: int
    auroc: dict[str, float]
    """By functionality: its examples against all of the other label."""

    @property
    def worst(self) -> str:
        """Return the functionality that is told apart least."""
        return min(self.auroc, key=lambda name: self.auroc[name])


def toxicity_scores(texts: Sequence[str], encoder: Encoder | None = None) -> list[float]:
    """Return of each text the probability, 0 to 1, that it insults, threatens or demeans.

    Without an encoder it is the lexical classifier's alone. With one, a logistic head reads the embedding and the lexical
    log-odds together: that is the whole rule of combination.
    """
    if not texts:
        return []
    if encoder is None:
        return [float(one) for one in _lexical(texts)]
    return [float(one) for one in _trained(encoder).predict_proba(_features(texts, encoder))[:, 1]]


def is_toxic(texts: Sequence[str], encoder: Encoder | None = None) -> list[bool]:
    """Say of each text whether it is toxic with a probability of one half or more."""
    return [score >= THRESHOLD for score in toxicity_scores(texts, encoder)]


@cache
def functional_test(encoder: Encoder | None = None) -> Functional:
    """Test the detector on implied hate, counter-speech, profane praise and their like, after HateCheck (Röttger et al. 2021)."""
    from sklearn.metrics import roc_auc_score

    sayings = read_sayings()
    scores = _lexical([one.text for one in sayings]) if encoder is None else _cross_validated(encoder)
    by_functionality: dict[str, list[tuple[bool, float]]] = defaultdict(list)
    for one, score in zip(sayings, scores, strict=True):
        by_functionality[one.functionality].append((one.toxic, float(score)))
    auroc = {}
    for name, rows in by_functionality.items():
        others = [(one.toxic, float(score)) for one, score in zip(sayings, scores, strict=True) if one.toxic != rows[0][0]]
        labels, found = zip(*rows, *others, strict=True)
        auroc[name] = float(roc_auc_score(labels, found))
    errors = sum((score >= THRESHOLD) != one.toxic for one, score in zip(sayings, scores, strict=True))
    return Functional(int(errors), len(sayings), auroc)


@cache
def detector_counts(encoder: Encoder | None = None) -> DetectorErrors:
    """Return how many toxic examples the detector found and how many others it left alone, every family kept from it."""
    sayings = read_sayings()
    scores = _lexical([one.text for one in sayings]) if encoder is None else _cross_validated(encoder)
    read = [(one.toxic, bool(score >= THRESHOLD)) for one, score in zip(sayings, scores, strict=True)]
    return DetectorErrors(
        found=sum(toxic and found for toxic, found in read),
        positives=sum(toxic for toxic, _ in read),
        left_alone=sum(not toxic and not found for toxic, found in read),
        negatives=sum(not toxic for toxic, _ in read),
    )


def detector_name(encoder: Encoder | None) -> str:
    """Return what the detector is and what it gets wrong, for a metric's method."""
    found = functional_test(encoder)
    told = (
        f"{found.errors / found.total:.0%} of {found.total} functional examples are read wrongly, "
        f"worst at '{found.worst}' (AUROC {found.auroc[found.worst]:.2f})"
    )
    if encoder is None:
        return f"alt-profanity-check, which sees insults and misses what is only implied: {told}"
    return f"a logistic head on sentence embeddings ({encoder.name}) and the odds of alt-profanity-check: {told}"


def _lexical(texts: Sequence[str]) -> "numpy.ndarray":
    import numpy
    from profanity_check import predict_prob

    return numpy.asarray(predict_prob(list(texts)), dtype=float)


def _features(texts: Sequence[str], encoder: Encoder) -> "numpy.ndarray":
    import numpy

    odds = numpy.clip(_lexical(texts), 1e-3, 1 - 1e-3)
    features: numpy.ndarray = numpy.c_[encoder.embed(texts), LEXICAL_WEIGHT * numpy.log(odds / (1 - odds))]
    return features


def _build() -> "LogisticRegression":
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=10, class_weight="balanced", solver="liblinear")


@cache
def _trained(encoder: Encoder) -> "LogisticRegression":
    sayings = read_sayings()
    texts = [one.text for one in sayings]
    encoder.prepare(texts)
    return _build().fit(_features(texts, encoder), [one.toxic for one in sayings])


def _cross_validated(encoder: Encoder) -> "numpy.ndarray":
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    sayings = read_sayings()
    texts = [one.text for one in sayings]
    encoder.prepare(texts)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    labels, families = [one.toxic for one in sayings], [one.family for one in sayings]
    found: numpy.ndarray = cross_val_predict(
        _build(), _features(texts, encoder), labels, groups=families, cv=folds, method="predict_proba"
    )
    return found[:, 1]
