"""Drift of answers: can a classifier tell the candidate's answers from the baseline's, in the target domain and outside it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from evals.encoder import Encoder, default_encoder
from evals.metrics.drift import PLACES
from evals.metrics.estimates import Named, missing_metric
from evals.metrics.measured import Measured
from evals.stats.interval import NotEnoughError
from evals.stats.two_sample import EVEN, SWAPS, TwoSample, two_sample_test
from reports.records.evaluation import Metric, PairedValue, Suite
from reports.records.gates import Estimate, NoiseFloor

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

METHOD: Final = (
    "share of prompts whose two answers a classifier tells apart that learned from other prompts (linear, on length, words and "
    "letters{reads}); the area under the ROC curve within prompts, 50 % is chance, the same answer twice counts half"
)


def answer_drift(measured: Measured, suite: Suite) -> Metric:
    """Return in `candidate` how well a classifier tells which of a prompt's two answers is the candidate's: 0.5 not at all."""
    encoder = default_encoder()
    named = Named(
        name=f"drift_answers_{suite}",
        title=f"Answers told apart {PLACES[suite]}",
        suite=suite,
        unit="rate",
        direction="lower",
        method=METHOD.format(reads=f" and sentence embeddings, {encoder.name}" if encoder else ""),
    )
    items = measured.of(suite)
    both = [(item, measured.answer(item, "baseline"), measured.answer(item, "candidate")) for item in items]
    whole = [(item, before, after) for item, before, after in both if before is not None and after is not None]
    baseline, candidate = [before for _, before, _ in whole], [after for _, _, after in whole]
    try:
        found = two_sample_test(difference_gram(baseline, candidate, encoder), [item.family for item, _, _ in whole])
    except NotEnoughError as error:
        return missing_metric(named, len(items), str(error))
    told = {item.id: value for (item, _, _), value in zip(whole, found.told, strict=True)}
    pairs = tuple(PairedValue(prompt_id=i.id, baseline=None, candidate=told.get(i.id), family=i.family) for i in items)
    same = sum(before == after for before, after in zip(baseline, candidate, strict=True))
    return _metric(named, pairs, found, f"{same} of {len(whole)} prompts have the same answer on both sides.")


def difference_gram(baseline: Sequence[str], candidate: Sequence[str], encoder: Encoder | None) -> "Array":
    """Return the inner products of candidate minus baseline features between all prompts, kinds of features weighing the same."""
    import numpy as np

    if not baseline or list(baseline) == list(candidate):
        return np.zeros((len(baseline), len(baseline)))
    grams = [_lengths(baseline, candidate), _words_and_letters(baseline, candidate)]
    if encoder is not None:
        meant = encoder.embed(candidate).astype(float) - encoder.embed(baseline).astype(float)
        grams.append(meant @ meant.T)
    summed: Array = np.sum([gram / scale for gram in grams if (scale := float(np.trace(gram))) > 0], axis=0)
    return summed


def _lengths(baseline: Sequence[str], candidate: Sequence[str]) -> "Array":
    import numpy as np

    before, after = (np.log1p([len(answer.split()) for answer in side]) for side in (baseline, candidate))
    return np.outer(after - before, after - before)


def _words_and_letters(baseline: Sequence[str], candidate: Sequence[str]) -> "Array":
    """Compare tf-idf features: words and pairs of them, and one to three letters or signs in a row."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"\S+")  # noqa: S106
    letters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    texts = [answer.strip() or "(empty)" for answer in (*baseline, *candidate)]
    features = make_union(words, letters).fit_transform(texts).tocsr()
    changed = features[len(baseline) :] - features[: len(baseline)]
    gram: Array = (changed @ changed.T).toarray()
    return gram


def _metric(named: Named, pairs: tuple[PairedValue, ...], found: TwoSample, same: str) -> Metric:
    auc, n = found.auc, len(found.told)
    return Metric(
        **named._replace(method=f"{named.method}; {auc.method}, widened {found.widened:.2f} times, 95%")._asdict(),
        baseline=Estimate(value=EVEN, low=EVEN, high=EVEN, n=n),
        candidate=auc.estimate(),
        difference=Estimate(value=auc.value - EVEN, low=auc.low - EVEN, high=auc.high - EVEN, n=n),
        n=n,
        missing=len(pairs) - n,
        because=f"Swapped sides are told apart as well with p = {found.p_value:.2g}. {same}",
        widened=found.widened,
        noise_floor=NoiseFloor(
            low=found.low - EVEN,
            high=found.high - EVEN,
            repeats=SWAPS,
            method="sides swapped at random within prompts, the classifier fitted anew",
            p_value=found.p_value,
        ),
        pairs=pairs,
    )
