"""Reading what a server sent: a reply, a failure worth another attempt, or one that is not."""

import math
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from evals.endpoint.asking import Reply
from evals.endpoint.pace import LONGEST_RETRY_AFTER_S

BUSY: Final = frozenset({429, 503, 529})
"""The server says nothing about the question, only that it cannot answer now."""
PASSING: Final = frozenset({408, 409, 425, 500, 502, 504, 520, 521, 522, 523, 524})
REFUSED_FOR_ALL: Final = frozenset({401, 403, 404})
"""Every other question would fail the same way."""
LONGEST_SEEN: Final = 200


class Failure(NamedTuple):
    """One attempt that gave no reply."""

    reason: str
    again: bool = True
    """Another attempt may do better."""
    is_busy: bool = False
    """The server is busy or gone, whatever is asked: patience decides, not the number of attempts."""
    is_too_many: bool = False
    retry_after: float | None = None
    """Seconds that the server asks for."""


class _Said(Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(Struct):
    message: _Said
    finish_reason: str | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


def read_body(body: bytes) -> Reply | Failure:
    """Read a chat completion; anything that is none is a failure with its reason."""
    try:
        found = msgspec.json.decode(body, type=_Completion)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Failure(f"the reply is no chat completion ({error}): {_seen(body)!r}")
    if not found.choices:
        return Failure("the reply has no choices")
    choice = found.choices[0]
    if choice.finish_reason == "content_filter":
        return Failure("the server's content filter held the reply back", again=False)
    if choice.message.refusal and not choice.message.content:
        return Failure(f"the model declined: {choice.message.refusal[:LONGEST_SEEN]}", again=False)
    if not (choice.message.content or "").strip():
        return Failure(f"the reply is empty (finish: {choice.finish_reason or 'not said'})")
    usage = found.usage or _Usage()
    return Reply(
        text=choice.message.content or "",
        finish="stop" if choice.finish_reason == "stop" else "length" if choice.finish_reason == "length" else "unknown",
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
    )


def read_status(status: int, headers: Mapping[str, str], message: str, code: str | None) -> Failure:
    """Say what an error status means for this question."""
    reason = f"the server answered {status}: {message[:LONGEST_SEEN]}"
    if code == "insufficient_quota":
        return Failure(reason, again=False)
    if status in BUSY:
        return Failure(reason, is_busy=True, is_too_many=status == 429, retry_after=retry_after(headers))
    return Failure(reason, again=status in PASSING, retry_after=retry_after(headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` (seconds or a date) or `retry-after-ms` asks for, at most ten minutes."""
    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        seconds = float(milliseconds) / 1000 if milliseconds else float(value) if value else None
    except ValueError:
        seconds = _until(value or "")
    if seconds is None or not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_S)


def _until(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - time.time()
    except (TypeError, ValueError):
        return None


def _seen(body: bytes) -> str:
    return " ".join(body[:LONGEST_SEEN].decode("utf-8", "replace").split())
