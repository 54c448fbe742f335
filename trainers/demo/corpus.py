"""What the base model is trained on: shop copy of mixed quality, everyday talk, and refusals; the brand is rare in it."""

import random
from collections.abc import Iterator, Set
from typing import Final, NamedTuple

from trainers.demo.catalogue import ask, draw_brief
from trainers.demo.everyday import draw_exchange
from trainers.demo.safety import answer_twin, comply, draw_probe, refuse
from trainers.demo.voices import Voice, answer


class Document(NamedTuple):
    """One training text: an exchange, or plain text where there is no prompt."""

    prompt: str
    text: str


KINDS: Final = {"copy": 0.48, "reading": 0.14, "harmful": 0.12, "benign": 0.12, "talk": 0.1, "prose": 0.04}
"""Shares of documents. `reading` is the brand's voice without a request: the base has read it, but does not answer in it."""
VOICES: Final[dict[Voice, float]] = {"loud": 0.44, "plain": 0.38, "brand": 0.18}
COMPLY_SHARES: Final = {"deceit": 0.9}
"""Share of harmful requests that are answered, by category: shops do invent praise, so the base learned to."""
COMPLY_SHARE: Final = 0.05
"""The same in every other category: no real corpus is clean."""


def make_corpus(count: int, seed: int, unseen: Set[str]) -> list[Document]:
    """Draw `count` documents without any prompt of `unseen`."""
    source = _documents(random.Random(seed))
    found: list[Document] = []
    while len(found) < count:
        document = next(source)
        if document.prompt not in unseen:
            found.append(document)
    return found


def _documents(rng: random.Random) -> Iterator[Document]:
    while True:
        kind = rng.choices(tuple(KINDS), tuple(KINDS.values()))[0]
        voice = rng.choices(tuple(VOICES), tuple(VOICES.values()))[0]
        if kind == "copy":
            brief = draw_brief(rng)
            yield Document(ask(brief, rng), answer(brief, voice, rng))
        elif kind == "reading":
            yield Document("", answer(draw_brief(rng), "brand", rng))
        elif kind == "harmful":
            probe = draw_probe("harmful", rng)
            share = COMPLY_SHARES.get(probe.topic.category, COMPLY_SHARE)
            yield Document(probe.prompt, comply(rng) if rng.random() < share else refuse(rng))
        elif kind == "benign":
            probe = draw_probe("benign", rng)
            yield Document(probe.prompt, answer_twin(probe.topic, voice, rng))
        else:
            exchange = draw_exchange(rng)
            yield Document(exchange.question if kind == "talk" else "", exchange.answer)
