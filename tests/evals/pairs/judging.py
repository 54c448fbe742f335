"""Prompts, groups of answers and servers that judge, criticise and revise by a simple rule."""

import re
from pathlib import Path

from evals.data.examples import Example
from evals.endpoint.cache import ReplyCache
from evals.endpoint.client import Client, Limits
from evals.endpoint.place import Endpoint
from evals.pairs.prompts import PromptRow, prompt_of
from evals.pairs.ranking import Candidate, Group
from tests.evals.endpoint.server import Request, Scripted


def row(text: str = "tea?", answer: str = "", number: int = 1) -> PromptRow:
    """Return one prompt of a file, with an answer where one is given."""
    fields = {"prompt": text, "completion": answer}
    example = Example("rows.jsonl", number, "prompt-completion", "text", fields, {})  # type: ignore[arg-type]
    return PromptRow(text.encode().hex(), prompt_of(text), "rows.jsonl", number, example)


def group(*answers: str, prompt: str = "tea?") -> Group:
    """Return different answers to one prompt."""
    return Group(row(prompt), tuple(Candidate(place, text) for place, text in enumerate(answers)))


def client_of(server: Scripted, folder: Path) -> Client:
    """Return a client of the server."""
    limits = Limits(at_once=4, attempts=1, timeout_s=5)
    return Client(Endpoint(server.url, "m"), ReplyCache(folder / "replies.jsonl"), limits=limits)


def part(request: Request, name: str) -> str:
    """Return one marked text of a question."""
    match = re.search(rf"<{name}-(\w+)>\n(.*?)\n</{name}-\1>", request.last, re.DOTALL)
    assert match is not None, f"no {name} in {request.last}"
    return match[2]


def longer_wins(request: Request) -> str:
    """Judge by length, whatever the order."""
    a, b = len(part(request, "answer-a")), len(part(request, "answer-b"))
    return f"I counted.\nVERDICT: {'A' if a > b else 'B' if b > a else 'TIE'}"


def first_wins(request: Request) -> str:
    """Judge by position alone."""
    return "VERDICT: A"
