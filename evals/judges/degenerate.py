"""The alarm for answers that are no answers; it runs before any judge, which such answers may please."""

from collections import Counter
from collections.abc import Container, Sequence
from typing import Final, Literal

from evals.detectors.refusal import refuses
from evals.encoder import default_encoder
from reports.records.evaluation import Completion, SuiteItem
from reports.records.gates import Instrument

Kind = Literal["empty", "repeated", "prompt copy", "constant", "refusal"]

MOST_DEGENERATE: Final = 0.25
PIECE: Final = 5
"""Characters of the pieces that repetition is counted in."""
FEWEST_PIECES: Final = 20
LEAST_DISTINCT: Final = 0.4
READ: Final = 2000
"""Characters of an answer that are looked at: in longer texts pieces come back by nature."""
SHORTEST_COPY: Final = 15
CONSTANT_SHARE: Final = 0.3
FEWEST_PROMPTS: Final = 10


def degenerate(answers: Sequence[Completion], refused: Container[str] = ()) -> Instrument:
    """Return the share of answers that are empty, one piece of text over and over, a copy of the prompt, or always the same.

    `refused` holds the prompts whose answer refuses though nothing asked for it; see `unasked_refusals`.
    """
    kinds = degenerate_kinds(answers, refused)
    counts = Counter(kind for kind in kinds if kind)
    value = sum(counts.values()) / len(kinds) if kinds else None
    found = ", ".join(f"{count} {kind}" for kind, count in counts.most_common()) or "none found"
    return Instrument(
        name="degenerate",
        value=value,
        limit=MOST_DEGENERATE,
        ok=value is not None and value <= MOST_DEGENERATE,
        because="the candidate gave no answer."
        if value is None
        else f"degenerate answers of the candidate: {found}, of {len(kinds)} (allowed: {MOST_DEGENERATE:.0%}).",
    )


def unasked_refusals(items: Sequence[SuiteItem], answers: Sequence[Completion]) -> frozenset[str]:
    """Return the prompts whose answer refuses in full, where the known good answer to it does not; a judge may like them.

    Meant for prompts of the target domain, which are there to be answered.
    """
    texts = {answer.prompt_id: answer.completion for answer in answers if answer.completion}
    asked = [item for item in items if item.id in texts]
    found = refuses([text for item in asked for text in (str(texts[item.id]), item.reference)], default_encoder())
    return frozenset(item.id for item, says, should in zip(asked, found[::2], found[1::2], strict=True) if says and not should)


def degenerate_kinds(answers: Sequence[Completion], refused: Container[str] = ()) -> list[Kind | None]:
    """Say for each answer that exists what is wrong with it, None where nothing is."""
    given = [answer for answer in answers if answer.completion is not None]
    texts = [_plain(answer.completion or "") for answer in given]
    constant = _constant(texts, len({answer.prompt for answer in given}))
    kinds = [_kind(text, _plain(answer.prompt), constant) for answer, text in zip(given, texts, strict=True)]
    return [kind or ("refusal" if answer.prompt_id in refused else None) for answer, kind in zip(given, kinds, strict=True)]


def _kind(text: str, prompt: str, constant: str | None) -> Kind | None:
    if not any(character.isalnum() for character in text):
        return "empty"
    if _is_repeated(text[:READ]):
        return "repeated"
    if len(text) >= SHORTEST_COPY and (text in prompt or (len(prompt) >= SHORTEST_COPY and text.startswith(prompt))):
        return "prompt copy"
    return "constant" if text == constant else None


def _is_repeated(text: str) -> bool:
    pieces = [text[start : start + PIECE] for start in range(len(text) - PIECE + 1)]
    return len(pieces) >= FEWEST_PIECES and len(set(pieces)) / len(pieces) < LEAST_DISTINCT


def _constant(texts: Sequence[str], prompts: int) -> str | None:
    """Return the answer that a large share of different prompts got, None where there is no such answer."""
    if prompts < FEWEST_PROMPTS:
        return None
    text, count = Counter(texts).most_common(1)[0]
    return text if count >= CONSTANT_SHARE * len(texts) else None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
