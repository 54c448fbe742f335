"""Topics: groups of texts that share words, found by clustering and named by their most telling words."""

import random
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import numpy

MOST_TEXTS: Final = 5000
FEWEST_TEXTS: Final = 40
TEXTS_A_TOPIC: Final = 20
"""A topic needs that many texts on average, so that small sets are not split into chance groups."""
NUMBERS: Final = (2, 3, 4, 6, 8, 10, 12)
DIMENSIONS: Final = 50
VOCABULARY: Final = 5000
CHARACTERS: Final = 2000
"""The beginning of a text that is read."""
WORDS: Final = 5
MOST_COMMON: Final = 0.8
"""Words in more of the texts are their template, not their topic."""
COMPARED: Final = 1000
CLOSE_SILHOUETTE: Final = 0.9
"""Fewer topics are taken where their silhouette reaches this share of the best one."""
CONTRACTIONS: Final = frozenset({"ll", "ve", "re", "don", "didn", "doesn", "isn", "wasn", "does", "did", "just"})
"""Parts of contractions and their like, which the list of stop words lacks."""
_WORD: Final = r"[\u2e80-\u9fff\uac00-\ud7af]|[^\W\d_\u2e80-\u9fff\uac00-\ud7af]{2,}"


class Topic(NamedTuple):
    """Texts that share words."""

    words: tuple[str, ...]
    """What sets it apart from the other texts, the most telling first."""
    share: float
    """Of the texts that were read, 0 to 1."""
    rows: int
    """Texts in it, of those that were read."""
    example: int
    """Place of its most typical text."""


def find_topics(texts: Sequence[str], seed: int = 0) -> list[Topic]:
    """Group texts by their words, the largest group first; empty below 40 texts.

    TF-IDF, reduced to 50 dimensions by singular values (latent semantic analysis, Deerwester et al. 1990), then mini-batch
    k-means (Sculley 2010); of 2 to 12 topics, the smallest number whose mean silhouette (Rousseeuw 1987) is near the best.
    Of more than 5000 texts a seeded sample is read. Texts that do not differ in any word are one topic.
    """
    places = range(len(texts))
    chosen = sorted(random.Random(seed).sample(places, MOST_TEXTS)) if len(texts) > MOST_TEXTS else list(places)
    if len(chosen) < FEWEST_TEXTS:
        return []
    read = [texts[place][:CHARACTERS] for place in chosen]
    weights, names = _weigh(read)
    if weights.shape[1] < 3:
        return [Topic(_common_words(read), 1.0, len(chosen), chosen[0])]
    found = _name(read, weights, names, *_cluster(_reduce(weights, seed), seed))
    return [topic._replace(example=chosen[topic.example]) for topic in sorted(found, key=lambda topic: -topic.rows)]


def _weigh(texts: Sequence[str]) -> tuple[Any, list[str]]:
    """Return TF-IDF weights, and the word of each column; words in nearly all texts, or in one only, are left out."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

    def fit(**options: Any) -> tuple[Any, list[str]]:
        vectorizer = TfidfVectorizer(sublinear_tf=True, max_features=VOCABULARY, token_pattern=_WORD, **options)
        return vectorizer.fit_transform(texts), list(vectorizer.get_feature_names_out())

    try:
        return fit(max_df=MOST_COMMON, min_df=2, stop_words=sorted(ENGLISH_STOP_WORDS | CONTRACTIONS))
    except ValueError:
        from scipy.sparse import csr_matrix

        return csr_matrix((len(texts), 0)), []


def _common_words(texts: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(word for text in texts for word in set(re.findall(_WORD, text.casefold())))
    return tuple(word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))[:WORDS])


def _reduce(weights: Any, seed: int) -> "numpy.ndarray":
    from sklearn.decomposition import TruncatedSVD
    from sklearn.preprocessing import normalize

    dimensions = min(DIMENSIONS, min(weights.shape) - 1)
    reduced: numpy.ndarray = normalize(TruncatedSVD(dimensions, random_state=seed).fit_transform(weights))
    return reduced


def _cluster(points: "numpy.ndarray", seed: int) -> tuple["numpy.ndarray", "numpy.ndarray"]:
    """Return the topic of each point, and how far it is from the middle of its topic."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.metrics import silhouette_score

    numbers = [number for number in NUMBERS if number * TEXTS_A_TOPIC <= len(points)]
    fits = [MiniBatchKMeans(number, random_state=seed, n_init=3).fit(points) for number in numbers]
    size = min(COMPARED, len(points))
    scores = [
        silhouette_score(points, fit.labels_, sample_size=size, random_state=seed) if len(set(fit.labels_)) > 1 else -1.0
        for fit in fits
    ]
    enough = max(scores) * CLOSE_SILHOUETTE
    best = next((fit for fit, score in zip(fits, scores, strict=True) if score >= enough), fits[0])
    return best.labels_, best.transform(points).min(axis=1)


def _name(
    texts: Sequence[str], weights: Any, names: Sequence[str], labels: "numpy.ndarray", distances: "numpy.ndarray"
) -> list[Topic]:
    import numpy as np

    average = np.asarray(weights.mean(axis=0)).ravel()
    topics = []
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        excess = np.asarray(weights[own].mean(axis=0)).ravel() - average
        words = tuple(names[place] for place in np.argsort(-excess, kind="stable")[:WORDS] if excess[place] > 0)
        typical = int(own[np.argmin(distances[own])])
        words = words or _common_words([texts[place] for place in own.tolist()])
        topics.append(Topic(words, len(own) / len(labels), len(own), typical))
    return topics
