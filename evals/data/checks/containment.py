"""LEAK003: rows that hold a stretch of a measured item word by word, wherever in the row it stands."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from evals.data.checks.evidence import ROWS_SHOWN, share, skipped
from evals.data.examples import Example, excerpt, plain
from evals.data.keys import prompt_key
from reports.records.data import Check, Evidence

WORDS: Final = 13
"""Length of a run of words that no two texts share by accident (Brown et al. 2020, appendix C)."""
FEWEST_DIFFERENT: Final = 7
"""Different words with letters in a run, without which it is a count or a refrain."""
COMMON_SHARE: Final = 0.01
COMMON_ROWS: Final = 10
"""A run in more than 1 % of the rows, and in more than ten of them, is boilerplate."""
MOST_ITEMS: Final = 2
"""A run in more measured items than that belongs to their template and to none of them."""
TITLE: Final = "Measured items inside training rows"
_WORD: Final = re.compile(r"[^\W_]+")


class Contained(NamedTuple):
    """A row, the measured item that it holds a part of, and that part."""

    place: int
    like: int
    words: str


def find_contained(learned: Sequence[Example], measured: Sequence[Example]) -> list[Contained]:
    """Return the rows that share a run of 13 words with a measured item, each with the first such run, in order.

    Case and punctuation do not count. Runs that are common in the rows, or that stand in several items, are left out.
    """
    known = _runs_of_items(measured)
    held = [list(_held(row, known)) for row in learned] if known else []
    rows_with = Counter(run for runs in held for run in set(runs))
    common = max(COMMON_ROWS, COMMON_SHARE * len(learned))
    firsts = (next((run for run in runs if rows_with[run] <= common), None) for runs in held)
    return [Contained(place, known[run], run) for place, run in enumerate(firsts) if run is not None]


def check_containment(learned: Sequence[Example], measured: Sequence[Example], exact: frozenset[int]) -> Check:
    """Report rows that hold a part of what is measured on; a single one blocks.

    Args:
        learned: rows to learn from, as messages or strings.
        measured: rows to measure on, in the same form.
        exact: places in `learned` that LEAK001 already names; they do not count again.
    """
    if not measured:
        return skipped("LEAK003", TITLE, "no evaluation file was given with --against", blocking=True)
    long = sum(any(True for _ in _runs(item)) for item in measured)
    if not long:
        because = f"none of the {len(measured):,} measured items has a run of {WORDS} words"
        return skipped("LEAK003", TITLE, because, blocking=True)
    found = [contained for contained in find_contained(learned, measured) if contained.place not in exact]
    return Check(
        code="LEAK003",
        title=TITLE,
        blocking=True,
        state="fail" if found else "pass",
        value=len(found) / len(learned) if learned else 0.0,
        limit=0.0,
        because=f"{share(len(found), len(learned))} further training rows hold {WORDS} words in a row of a measured item; "
        f"{share(long, len(measured))} items are long enough to be looked for",
        evidence=tuple(_evidence(one, learned, measured) for one in found[:ROWS_SHOWN]),
        fix="Delete these rows from the training data: the answers measured may have been learned by heart." if found else "",
    )


def _evidence(found: Contained, learned: Sequence[Example], measured: Sequence[Example]) -> Evidence:
    row, item = learned[found.place], measured[found.like]
    return Evidence(row=row.number, excerpt=excerpt(f"{row.source}: as row {item.number} of {item.source}: {found.words}"))


def _runs_of_items(measured: Sequence[Example]) -> dict[str, int]:
    """Return each run with the place of the first item that holds it; rows of one prompt are one item."""
    places: dict[str, int] = {}
    prompts: defaultdict[str, set[bytes]] = defaultdict(set)
    for place, item in enumerate(measured):
        key = prompt_key(item.fields["prompt"])
        for run in _runs(item):
            places.setdefault(run, place)
            prompts[run].add(key)
    return {run: place for run, place in places.items() if len(prompts[run]) <= MOST_ITEMS and is_telling(run)}


def _held(row: Example, known: dict[str, int]) -> Iterator[str]:
    return (run for run in _runs(row) if run in known)


def _runs(row: Example) -> Iterator[str]:
    for text in row.fields.values():
        yield from word_runs(plain(text))


def word_runs(text: str) -> Iterator[str]:
    """Yield every run of 13 words of a text, without case and punctuation."""
    words = _WORD.findall(text.casefold())
    yield from (" ".join(words[start : start + WORDS]) for start in range(len(words) - WORDS + 1))


def is_telling(run: str) -> bool:
    """Say whether a run is more than a count or a refrain."""
    return len({word for word in run.split() if not word.isdigit()}) >= FEWEST_DIFFERENT
