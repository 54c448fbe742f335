"""Near duplicates: MinHash and locality-sensitive hashing propose, exact Jaccard similarity of word shingles decides."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import numpy

SIMILAR: Final = 0.8
"""Jaccard similarity of word shingles from which two texts are near duplicates."""
SHINGLE_WORDS: Final = 3
BANDS: Final = 20
ROWS_PER_BAND: Final = 6
"""Texts at the limit meet in a band with probability 1 - (1 - 0.8^6)^20 = 99.8 %, those of similarity 0.3 with 1.5 %."""
COMPARED: Final = 8
"""Earlier texts of one bucket that a text is compared with, so that boilerplate costs linear time."""
COMPARISONS: Final = 200_000
"""Of each text of a group with earlier ones, where all are few."""
REMEMBERED: Final = 50_000
"""Texts whose shingles are kept while groups are made."""
BATCH: Final = 10_000
SEED: Final = 42
_WORD: Final = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]|[^\W\u2e80-\u9fff\uac00-\ud7af]+")


class NearMatch(NamedTuple):
    """A text and an earlier one that it nearly repeats."""

    place: int
    like: int
    similarity: float


def shingles(text: str) -> set[str]:
    """Return all runs of three neighbouring words, without case and punctuation; all words where there are fewer.

    Signs of Chinese, Japanese and Korean count as words.
    """
    words = _WORD.findall(text.casefold())
    if len(words) <= SHINGLE_WORDS:
        return {" ".join(words)}
    return {" ".join(words[place : place + SHINGLE_WORDS]) for place in range(len(words) - SHINGLE_WORDS + 1)}


def similarity(first: set[str], second: set[str]) -> float:
    """Return the Jaccard similarity, 0 to 1."""
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def find_near(texts: Sequence[str]) -> list[NearMatch]:
    """Return the texts that nearly repeat an earlier one, each with the first such that was found, in order."""
    return _find(texts, known=0)


def find_near_in(texts: Sequence[str], others: Sequence[str]) -> list[NearMatch]:
    """Return the texts that nearly repeat one of the others; `like` is a place among the others."""
    if not others:
        return []
    found = _find([*others, *texts], known=len(others))
    return [match._replace(place=match.place - len(others)) for match in found]


def group_near(texts: Sequence[str]) -> list[int]:
    """Return for each text the place of the first text of its group.

    Groups are what near duplicates link, through however long a chain; a text that resembles no other is a group of its own.
    Each text is compared with more earlier ones of a bucket than `find_near` does where the texts are few, so that the texts
    of one template are told apart all the same.
    """
    roots = list(range(len(texts)))

    def root(place: int) -> int:
        while roots[place] != place:
            roots[place] = place = roots[roots[place]]
        return place

    compared = max(COMPARED, COMPARISONS // max(1, len(texts)))
    own = lru_cache(maxsize=REMEMBERED)(lambda place: shingles(texts[place]))
    for bucket in _buckets(_band_keys(texts)) if len(texts) > 1 else ():
        for position, place in enumerate(bucket):
            for other in bucket[max(0, position - compared) : position]:
                first, second = sorted((root(other), root(place)))
                if first != second and similarity(own(other), own(place)) >= SIMILAR:
                    roots[second] = first
    return [root(place) for place in range(len(texts))]


def _find(texts: Sequence[str], known: int) -> list[NearMatch]:
    """Match each text from `known` on with those before it, or with the known ones where there are any."""
    if len(texts) < 2 or (known and known == len(texts)):
        return []
    found: dict[int, NearMatch] = {}
    for bucket in _buckets(_band_keys(texts)):
        if bucket[-1] >= known:
            _match_bucket(texts, bucket, known, found)
    return [found[place] for place in sorted(found)]


def _match_bucket(texts: Sequence[str], bucket: Sequence[int], known: int, found: dict[int, NearMatch]) -> None:
    earlier: list[tuple[int, set[str]]] = []
    for place in bucket:
        is_new, is_kept = place >= known and place not in found, (place < known or not known) and len(earlier) < COMPARED
        if not is_new and not is_kept:
            continue
        own = shingles(texts[place])
        if is_new:
            near = ((like, similarity(own, other)) for like, other in earlier)
            match = next((NearMatch(place, like, value) for like, value in near if value >= SIMILAR), None)
            if match:
                found[place] = match
        if is_kept:
            earlier.append((place, own))


def _buckets(keys: "numpy.ndarray") -> Iterator[list[int]]:
    """Return the places that share a key in a band, in order, for every band and key with more than one."""
    import numpy as np

    for band in range(keys.shape[1]):
        order = np.argsort(keys[:, band], kind="stable")
        ordered = keys[order, band]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        sizes = np.diff(np.r_[starts, len(ordered)])
        for start, size in zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True):
            yield order[start : start + size].tolist()


def _band_keys(texts: Sequence[str]) -> "numpy.ndarray":
    """Return a number for each text and band; equal numbers mean equal signatures in the band."""
    import numpy as np
    from rensa import RMinHash

    width = BANDS * ROWS_PER_BAND
    factors = np.random.default_rng(SEED).integers(1, 2**63, ROWS_PER_BAND, dtype=np.uint64) | np.uint64(1)
    keys = []
    for start in range(0, len(texts), BATCH):
        batch = texts[start : start + BATCH]
        signatures = RMinHash.digest_matrix_from_token_sets([shingles(text) for text in batch], width, SEED).to_rows()
        bands = np.asarray(signatures, dtype=np.uint64).reshape(len(batch), BANDS, ROWS_PER_BAND)
        keys.append((bands * factors).sum(axis=2, dtype=np.uint64))
    return np.concatenate(keys)
