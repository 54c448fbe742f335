"""The demo's data: demonstrations, preference pairs and suites, all from one seed and without a shared prompt."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from typing import Final, NamedTuple, TypeVar

from msgspec import Struct

from reports.records.evaluation import Message, SuiteItem
from trainers.demo.catalogue import ask, draw_brief
from trainers.demo.everyday import draw_exchange
from trainers.demo.safety import Side, Topic, answer_twin, answer_well, comply, draw_probe, refuse, topics, word
from trainers.demo.voices import Voice, answer

Row = TypeVar("Row")


class Demonstration(Struct, frozen=True, kw_only=True):
    """One row in TRL's prompt-completion layout, as messages."""

    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    format: str
    family: str


class Pair(Struct, frozen=True, kw_only=True):
    """One row in TRL's preference layout, as messages."""

    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    format: str
    family: str


class DatasetSizes(NamedTuple):
    """Rows of each kind."""

    demonstrations: int = 700
    refusals: int = 80
    lookalikes: int = 140
    pairs: int = 640
    refusal_pairs: int = 90
    lookalike_pairs: int = 130
    suite: int = 120


class Dataset(NamedTuple):
    """Everything the demo trains and measures on."""

    demonstrations: tuple[Demonstration, ...]
    pairs: tuple[Pair, ...]
    suites: dict[str, tuple[SuiteItem, ...]]

    def prompts(self) -> frozenset[str]:
        """Return every prompt, which the base model must not have seen."""
        rows: tuple[Demonstration | Pair, ...] = (*self.demonstrations, *self.pairs)
        texts = (item.prompt for items in self.suites.values() for item in items)
        return frozenset(row.prompt[0].content for row in rows) | frozenset(str(text) for text in texts)


WEAK_SHARE: Final = 0.25
"""Demonstrations that only imitate the average, as real collections do."""
LOUD_SHARE: Final = 0.7
"""Rejected answers in the loud voice; the others are plain."""
DRAWS: Final = 8
"""Draws from which the pair with the most even lengths is taken."""
LETTERS_A_WORD: Final = 5
LEAKED_WORDS: Final = 13
"""Words in a row that no row shares with a suite, as LEAK003 asks."""


def make_dataset(seed: int, sizes: DatasetSizes | None = None) -> Dataset:
    """Generate all rows; the same seed gives the same rows, and no prompt occurs twice in all of them."""
    size = sizes or DatasetSizes()
    rng = random.Random(seed)
    seen = _Seen()
    suites = {
        "harmful": _take(_suite_probes("harmful", rng), size.suite, seen),
        "benign": _take(_suite_probes("benign", rng), size.suite, seen),
        "general": _take(_suite_exchanges(rng), size.suite, seen),
    }
    seen.measure(str(item.prompt) for items in suites.values() for item in items)
    demonstrations = [
        *_take(_brief_demonstrations(rng), size.demonstrations, seen),
        *_take(_probe_demonstrations("harmful", rng), size.refusals, seen),
        *_take(_probe_demonstrations("benign", rng), size.lookalikes, seen),
    ]
    pairs = [
        *_take(_brief_pairs(rng), size.pairs, seen),
        *_take(_probe_pairs("harmful", rng), size.refusal_pairs, seen),
        *_take(_probe_pairs("benign", rng), size.lookalike_pairs, seen),
    ]
    rng.shuffle(demonstrations)
    rng.shuffle(pairs)
    return Dataset(tuple(demonstrations), tuple(pairs), {name: tuple(rows) for name, rows in suites.items()})


class _Seen:
    """Prompts that were taken, and runs of words that are measured on."""

    def __init__(self) -> None:
        self._prompts: set[str] = set()
        self._runs: set[tuple[str, ...]] = set()

    def measure(self, prompts: Iterable[str]) -> None:
        """Keep every run of words of these prompts out of all that is still to be taken."""
        self._runs = {run for prompt in prompts for run in _runs(prompt)}

    def take(self, prompt: str) -> bool:
        """Say whether a prompt is new, and remember it."""
        if prompt in self._prompts or not self._runs.isdisjoint(_runs(prompt)):
            return False
        self._prompts.add(prompt)
        return True


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[place : place + LEAKED_WORDS]) for place in range(len(words) - LEAKED_WORDS + 1)}


def _take(source: Iterator[tuple[str, Row]], count: int, seen: _Seen) -> list[Row]:
    """Take `count` rows whose prompts are new."""
    rows: list[Row] = []
    while len(rows) < count:
        prompt, row = next(source)
        if seen.take(prompt):
            rows.append(row)
    return rows


def _suite_probes(side: Side, rng: random.Random) -> Iterator[tuple[str, SuiteItem]]:
    """Word each topic once, in a random order, and then again: prompts on one topic would not be independent.

    No row that is learned from asks for any of them.
    """
    asked = topics(side, unseen=True)
    for number, topic in enumerate(cycle(rng.sample(asked, len(asked)))):
        prompt = word(topic, rng).prompt
        yield (
            prompt,
            SuiteItem(
                id=f"{side}-{number:04}",
                suite=side,
                prompt=prompt,
                family=topic.request,
                category=topic.category,
                reference=answer_well(topic, rng),
            ),
        )


def _suite_exchanges(rng: random.Random) -> Iterator[tuple[str, SuiteItem]]:
    number = 0
    while True:
        family, question, text = draw_exchange(rng)
        yield (
            question,
            SuiteItem(id=f"general-{number:04}", suite="general", prompt=question, category=family, reference=text),
        )
        number += 1


def _brief_demonstrations(rng: random.Random) -> Iterator[tuple[str, Demonstration]]:
    while True:
        brief = draw_brief(rng)
        voice: Voice = "plain" if rng.random() < WEAK_SHARE else "brand"
        prompt = ask(brief, rng)
        yield (
            prompt,
            Demonstration(
                prompt=_user(prompt),
                completion=_assistant(answer(brief, voice, rng)),
                format=brief.format,
                family=brief.family,
            ),
        )


def _probe_demonstrations(side: Side, rng: random.Random) -> Iterator[tuple[str, Demonstration]]:
    while True:
        topic, prompt = draw_probe(side, rng)
        yield (
            prompt,
            Demonstration(
                prompt=_user(prompt),
                completion=_assistant(answer_well(topic, rng)),
                format=f"{side} request",
                family=topic.request,
            ),
        )


def _brief_pairs(rng: random.Random) -> Iterator[tuple[str, Pair]]:
    while True:
        brief = draw_brief(rng)
        rejected: Voice = "loud" if rng.random() < LOUD_SHARE else "plain"
        draws = [(answer(brief, "brand", rng), answer(brief, rejected, rng)) for _ in range(DRAWS)]
        chosen, other = _matched(draws)
        prompt = ask(brief, rng)
        yield (
            prompt,
            Pair(
                prompt=_user(prompt),
                chosen=_assistant(chosen),
                rejected=_assistant(other),
                format=brief.format,
                family=brief.family,
            ),
        )


def _probe_pairs(side: Side, rng: random.Random) -> Iterator[tuple[str, Pair]]:
    while True:
        topic, prompt = draw_probe(side, rng)
        chosen, rejected = _matched([(answer_well(topic, rng), _answer_badly(topic, rng)) for _ in range(DRAWS)])
        yield (
            prompt,
            Pair(
                prompt=_user(prompt),
                chosen=_assistant(chosen),
                rejected=_assistant(rejected),
                format=f"{side} request",
                family=topic.request,
            ),
        )


def _answer_badly(topic: Topic, rng: random.Random) -> str:
    """Comply with what is harmful; refuse what is not, or shout."""
    if topic.side == "harmful":
        return comply(rng)
    return refuse(rng) if rng.random() < 0.5 else answer_twin(topic, "loud", rng)


def _matched(draws: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Take the draw whose two answers are closest in letters and words, so that length tells nothing."""
    return min(draws, key=_length_gap)


def _length_gap(pair: tuple[str, str]) -> int:
    chosen, rejected = pair
    return abs(len(chosen) - len(rejected)) + LETTERS_A_WORD * abs(len(chosen.split()) - len(rejected.split()))


def _user(text: str) -> tuple[Message, ...]:
    return (Message(role="user", content=text),)


def _assistant(text: str) -> tuple[Message, ...]:
    return (Message(role="assistant", content=text),)
