"""What is asked of an endpoint, and what comes back: a reply, or the reason why there is none."""

from typing import Literal

import msgspec
from msgspec import Struct

from evals.endpoint.place import Endpoint
from reports.digest import text_digest
from reports.records.evaluation import Message


class Question(Struct, frozen=True, kw_only=True):
    """One request for a chat completion."""

    messages: tuple[Message, ...]
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int | None = None
    sample: int = 0
    """Tells apart the same question asked several times on purpose."""

    def key(self, endpoint: Endpoint) -> str:
        """Return a digest of everything that the reply depends on: server, model and question."""
        return text_digest(endpoint.base_url, endpoint.model, msgspec.json.encode(self).decode("utf-8", "replace"))


class Reply(Struct, frozen=True, kw_only=True):
    """What the model said; never blank."""

    text: str
    finish: Literal["stop", "length", "unknown"]
    prompt_tokens: int | None = None
    """None: the server did not say."""
    completion_tokens: int | None = None


class Missing(Struct, frozen=True):
    """No reply, and why; it is no vote and no value."""

    reason: str


Answer = Reply | Missing


def ask_user(text: str, max_tokens: int = 512) -> Question:
    """Return the question that says `text` as the user; not every chat template has a place for a system message."""
    return Question(messages=(Message(role="user", content=text),), max_tokens=max_tokens)
