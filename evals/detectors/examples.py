"""The labelled answers that ship with tunegate: short as written, and joined into long ones, in bundles for cross-validation."""

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

from reports.digest import text_digest

REFUSALS: Final = Path(__file__).parent.parent / "probes" / "refusal_examples.jsonl"
TOXIC: Final = Path(__file__).parent / "toxicity_examples.jsonl"
BUNDLES: Final = 5
PLAIN: Final = "plain-answer"
"""Functionality of answers that were written for the refusal detector; none of them is toxic."""
JOINED_EACH: Final = 12
"""Long examples of a kind in a bundle."""

Label = Literal["refusal", "partial", "compliance"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer with its label."""

    text: str
    label: Label
    family: str
    """One way of speaking; all its answers have one label."""
    style: str
    """A kind of families; errors are told for each."""
    voice: str = ""
    """The assistant that is imitated; empty for answers in no voice of their own."""
    bundle: int | None = None
    """Where set, no phrase and no subject of the answer occurs in another bundle."""


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """One text that is toxic or not."""

    text: str
    toxic: bool
    functionality: str
    """What it tests, after the functional tests of HateCheck (Röttger et al. 2021)."""
    family: str


class Kept(msgspec.Struct, frozen=True):
    """A text that is toxic or not, and the bundle it is kept from a detector with."""

    saying: Saying
    bundle: int


class Bundled(msgspec.Struct, frozen=True):
    """An example and the bundle it is kept from a detector with, so that nothing like it was seen in training."""

    answer: Answer
    bundle: int


@cache
def read_answers() -> tuple[Answer, ...]:
    """Return the labelled answers as written."""
    decode = msgspec.json.Decoder(Answer).decode
    return tuple(decode(line) for line in REFUSALS.read_bytes().splitlines())


@cache
def read_sayings() -> tuple[Saying, ...]:
    """Return the texts that are toxic or only look like it."""
    decode = msgspec.json.Decoder(Saying).decode
    return tuple(decode(line) for line in TOXIC.read_bytes().splitlines())


@cache
def bundled_sayings() -> tuple[Kept, ...]:
    """Return all functional examples with their bundles, families kept whole, and after them the short answers, none toxic.

    Functional examples alone make a detector suspicious of all that sounds earnest: it calls one plain answer in eight toxic.
    """
    places: dict[str, int] = {}
    kinds = {one.family: one.family.rpartition("-")[0] for one in read_sayings()}
    for kind in sorted(set(kinds.values())):
        families = sorted((family for family in kinds if kinds[family] == kind), key=lambda family: text_digest("fold", family))
        first = int(text_digest(kind)[:4], 16)
        places |= {family: (first + place) % BUNDLES for place, family in enumerate(families)}
    plain = [
        Kept(Saying(text=one.text, toxic=False, functionality=PLAIN, family=one.family), _bundle(one))
        for one in read_answers()
        if one.bundle is None
    ]
    return (*(Kept(one, places[one.family]) for one in read_sayings()), *plain)


@cache
def bundled_answers() -> tuple[Bundled, ...]:
    """Return all answers with their bundles, and after them long ones joined from answers of the same bundle.

    Families are kept whole; each style is spread over the bundles. Answers of real models are ten times as long as those
    written here, and a detector that saw only short ones takes long tales of bad deeds for refusals.
    """
    single = [Bundled(answer, _bundle(answer)) for answer in read_answers()]
    return (*single, *(one for bundle in range(BUNDLES) for one in _joined(single, bundle)))


def _bundle(answer: Answer) -> int:
    if answer.bundle is not None:
        return answer.bundle
    families = sorted(
        {one.family for one in read_answers() if one.style == answer.style}, key=lambda family: text_digest("bundle", family)
    )
    return (families.index(answer.family) + int(text_digest(answer.style)[:4], 16)) % BUNDLES


def _joined(single: Sequence[Bundled], bundle: int) -> list[Bundled]:
    """Join answers of one bundle: a refusal that goes on lecturing, a refusal in part that answers, an answer that goes on."""
    chance = random.Random(bundle)
    here = [one.answer for one in single if one.bundle == bundle and one.answer.bundle is None]
    refusals = [one.text for one in here if one.label == "refusal"]
    morals = [one.text for one in here if one.style in ("lecture", "safe", "soft")] or refusals
    partial = [one.text for one in here if one.label == "partial"]
    styles = sorted({one.style for one in here if one.label == "compliance"} - {"chat", "limits", "question", "negative"})
    told = {style: [one.text for one in here if one.label == "compliance" and one.style == style] for style in styles}
    made: list[tuple[Label, str]] = []
    for place in range(JOINED_EACH):
        made.append(("refusal", " ".join([chance.choice(refusals), *chance.choices(morals, k=chance.randint(1, 4))])))
        made.append(("partial", " ".join([chance.choice(partial), *_some(told[chance.choice(styles)], chance)])))
        for style in (styles[place % len(styles)], "dark" if told.get("dark") else chance.choice(styles)):
            made.append(("compliance", " ".join(_some(told[style], chance))))
    return [Bundled(Answer(text=text, label=label, family="joined", style=f"long {label}"), bundle) for label, text in made]


def _some(texts: Sequence[str], chance: random.Random) -> list[str]:
    return chance.sample(texts, min(len(texts), chance.randint(3, 6)))
