"""A model's own answers to prompts, drawn once and kept."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from msgspec import Struct

from evals.greedy import fit_context
from evals.model_source import inspect_model
from evals.pairs.prompts import PromptRow, PromptRows
from evals.rendering import encode_prompt
from reports.digest import file_digest, text_digest
from reports.jsonl import Jsonl

if TYPE_CHECKING:
    from evals.probing.sampling import Drawn, Ids, Speaker

CHUNK: Final = 8
"""Prompts that are answered and stored together. The seed of a batch depends on its prompts, so this fixes the answers."""

Tell = Callable[[str, int, int], None]
"""Told what is done, how much of it, and of how many."""


class Settings(NamedTuple):
    """How answers are drawn."""

    model: str
    adapter: str = ""
    per_prompt: int = 4
    temperature: float = 1.0
    new_tokens: int = 256
    batch_tokens: int = 8192
    seed: int = 0


class StoredAnswer(Struct, frozen=True):
    """One answer, and whether the model ended it."""

    text: str
    finish: Literal["stop", "length"]


class StoredSamples(Struct, frozen=True, kw_only=True):
    """All answers to one prompt, under the digest of everything they depend on."""

    key: str
    answers: tuple[StoredAnswer, ...]


class Sampled(NamedTuple):
    """The answers to one prompt, or why there are none."""

    asked: PromptRow
    answers: tuple[StoredAnswer, ...]
    error: str = ""


class Samples(NamedTuple):
    """The answers to all prompts."""

    sampled: list[Sampled]
    label: str
    """Name of the model."""
    drawn: int
    """Answers drawn now; the others were stored."""
    new_tokens: int
    """As the model's context allows."""
    notes: tuple[str, ...]


class _Place(NamedTuple):
    """One prompt in tokens, with the digest of its answers."""

    number: int
    key: str
    ids: "Ids"


def draw(settings: Settings, prompts: PromptRows, store: Jsonl[StoredSamples], tell: Tell) -> Samples:
    """Answer each prompt several times; what the store already holds is not drawn again.

    Stored chunk by chunk: a killed command goes on with the same answers it would have drawn.

    Raises:
        MissingError: the model, its tokenizer or the adapter cannot be loaded.
    """
    from evals.models import load_tokenizer

    ref = inspect_model(settings.model)
    loaded = load_tokenizer(ref, prompts.has_messages)
    new_tokens, room = fit_context(settings.new_tokens, ref.context_length)
    identity = text_digest(ref.digest, _adapter_digest(settings), str(settings._replace(model="", adapter="", batch_tokens=0)))
    sampled, places = _encode_all(loaded.tokenizer, prompts.rows, room, identity)
    known = {line.key: line.answers for line in store.read()}
    chunks = [places[start : start + CHUNK] for start in range(0, len(places), CHUNK)]
    missing = [chunk for chunk in chunks if any(place.key not in known for place in chunk)]
    drawn = 0
    if missing:
        speaker = _speaker(settings, new_tokens, loaded.tokenizer)
        for done, chunk in enumerate(missing):
            tell("Drawing answers", done * CHUNK, sum(map(len, missing)))
            error, fresh = _draw_chunk(speaker, settings, chunk)
            store.append(*fresh)
            known |= {line.key: line.answers for line in fresh}
            drawn += sum(len(line.answers) for line in fresh)
            for place in chunk:
                sampled[place.number] = sampled[place.number]._replace(error=error)
    for place in places:
        if place.key in known:
            sampled[place.number] = Sampled(sampled[place.number].asked, known[place.key])
    notes = [*loaded.notes]
    if new_tokens < settings.new_tokens:
        notes.append(f"Answers end after {new_tokens} tokens, not {settings.new_tokens}: half of the model's context.")
    return Samples(sampled, ref.label, drawn, new_tokens, tuple(notes))


def _encode_all(tokenizer: object, rows: Sequence[PromptRow], room: int, identity: str) -> tuple[list[Sampled], list[_Place]]:
    """Return every row still without answers, and a place for each that can be asked."""
    sampled: list[Sampled] = []
    places: list[_Place] = []
    for row in rows:
        ids, error = _encode(tokenizer, row, room)
        if ids:
            places.append(_Place(len(sampled), text_digest(identity, " ".join(map(str, ids))), ids))
        sampled.append(Sampled(row, (), error))
    return sampled, places


def _encode(tokenizer: object, row: PromptRow, room: int) -> "tuple[Ids, str]":
    """Return the prompt's tokens, or why it cannot be asked; one that does not fit is not cut: its pair would hold it whole."""
    import jinja2

    try:
        encoded = encode_prompt(tokenizer, row.prompt, room)
    except (jinja2.TemplateError, ValueError, TypeError) as error:
        return (), f"the chat template refuses this prompt: {error}"
    return ((), f"the prompt is longer than {room} tokens") if encoded.was_cut else (encoded.ids, "")


def _speaker(settings: Settings, new_tokens: int, tokenizer: object) -> "Speaker":
    from evals.models import load_base, load_candidate
    from evals.probing.sampling import prepare_speaker

    model = load_candidate(settings.model, Path(settings.adapter)) if settings.adapter else load_base(settings.model)
    return prepare_speaker(model.eval(), tokenizer, new_tokens, settings.batch_tokens, settings.seed)


def _draw_chunk(speaker: "Speaker", settings: Settings, chunk: Sequence[_Place]) -> tuple[str, list[StoredSamples]]:
    answered = speaker.sample([place.ids for place in chunk], settings.per_prompt, lambda done: None, settings.temperature)
    fresh = [
        StoredSamples(key=place.key, answers=tuple(_stored(one) for one in answers))
        for place, answers in zip(chunk, answered.answers, strict=True)
        if answers is not None
    ]
    return answered.error and f"generation failed: {answered.error}", fresh


def _stored(drawn: "Drawn") -> StoredAnswer:
    return StoredAnswer(drawn.text, drawn.finish)


def _adapter_digest(settings: Settings) -> str:
    weights = Path(settings.adapter) / "adapter_model.safetensors"
    return file_digest(weights) if settings.adapter and weights.is_file() else ""
