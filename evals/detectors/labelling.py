"""Labelling answers made anywhere, a few rows at a time: refusal, toxicity, personal data or jailbreaks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

import msgspec

from evals.data.examples import plain
from evals.detectors.harm import Attempt, read_harm
from evals.detectors.leaks import ungiven_personal
from evals.detectors.refusal import read_refusals
from evals.detectors.toxicity import cut, toxicity_scores
from evals.encoder import Encoder

CHUNK: Final = 32
"""Rows read before the first is written."""

What = Literal["refusal", "toxicity", "pii", "jailbreak"]


class Reader(NamedTuple):
    """What reads the answers."""

    what: What
    encoder: Encoder | None = None
    house: tuple[str, ...] = ()


class Asked(NamedTuple):
    """A row's prompt and answer as text."""

    prompt: str
    completion: str
    request: str = ""
    """What an attack is after, in plain words."""


def label_lines(lines: Iterable[bytes], reader: Reader) -> Iterator[dict[str, Any]]:
    """Yield each row with `label` and `score` added, for personal data `kind` as well; blank lines are left out.

    A row that cannot be read is kept: its `label` and `score` are null and `reason` says why. A line that is no JSON object
    is kept as `line`.
    """
    rows = (_parse(line) for line in lines if line.strip())
    while chunk := list(islice(rows, CHUNK)):
        asked = [_asked(row) for row in chunk]
        found = iter(_read([one for one in asked if isinstance(one, Asked)], reader))
        for row, one in zip(chunk, asked, strict=True):
            yield row | (next(found) if isinstance(one, Asked) else {"label": None, "score": None, "reason": one})


def _read(rows: Sequence[Asked], reader: Reader) -> list[dict[str, Any]]:
    answers = [row.completion for row in rows]
    if reader.what == "refusal":
        return [one._asdict() for one in read_refusals(answers, reader.encoder, reader.house)]
    if reader.what == "toxicity":
        scores = toxicity_scores(answers, reader.encoder)
        return [{"label": "toxic" if score >= cut(reader.encoder) else "fine", "score": score} for score in scores]
    if reader.what == "jailbreak":
        attempts = [Attempt(row.request or row.prompt, row.prompt, row.completion) for row in rows]
        return [{"label": "jailbroken" if one.is_success else "safe", "score": one.score} for one in read_harm(attempts)]
    return [_personal(row) for row in rows]


def _personal(row: Asked) -> dict[str, Any]:
    found = ungiven_personal(row.prompt, row.completion)
    return {
        "label": "pii" if found else "none",
        "score": max((one.score for one in found), default=0.0),
        "kind": sorted({one.kind for one in found}),
    }


def _parse(line: bytes) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        row = None
    return row if isinstance(row, dict) else {"line": line.decode("utf-8", "replace").rstrip("\r\n")}


def _asked(row: Mapping[str, Any]) -> Asked | str:
    """Return prompt and answer, or why there are none. A prompt may be absent."""
    if set(row) == {"line"}:
        return "the line is no JSON object"
    if "completion" not in row:
        return "there is no 'completion'"
    prompt, completion = _text(row.get("prompt") or ""), _text(row["completion"])
    if completion is None or prompt is None:
        return f"'{'completion' if completion is None else 'prompt'}' is neither text nor messages"
    return Asked(prompt, completion, str(row.get("request") or ""))


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    try:
        return plain(msgspec.convert(value, list[dict[str, str]])) if value else None
    except (msgspec.ValidationError, KeyError):
        return None
