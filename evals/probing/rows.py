"""The rows of a probe: prompts to ask, pairs and good answers to score, in an order that only the seed decides."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from evals.data.examples import Example, Text, plain
from evals.data.facts import Effective, Row
from evals.data.keys import order_key, prompt_key
from evals.rendering import Prompt
from reports.records.evaluation import Message


class Asked(NamedTuple):
    """One distinct prompt."""

    key: str
    """Digest of its words: what answers to it have in common."""
    prompt: Prompt
    reference: str
    """A good answer; empty where none is known."""
    is_demonstration: bool
    """Whether the reference was written as one, rather than chosen of two."""
    columns: Mapping[str, object]
    """All columns of its first row."""


class Pair(NamedTuple):
    """One preference pair."""

    key: str
    """That of its prompt."""
    prompt: Prompt
    chosen: str
    rejected: str


class ProbeRows(NamedTuple):
    """Everything that can be measured on, in the seed's order."""

    asked: list[Asked]
    pairs: list[Pair]
    examples: list[Example]
    has_messages: bool


def order_rows(effective: Effective, seed: int) -> ProbeRows:
    """Return the distinct prompts and the pairs, shuffled by the seed whatever the order of the rows was."""
    keyed = [(prompt_key(row.example.fields["prompt"]), row) for row in effective.rows]
    firsts: dict[bytes, Row] = {}
    for key, row in sorted(keyed, key=lambda found: found[1].example.kind == "preference"):
        firsts.setdefault(key, row)
    ordered = sorted(firsts, key=lambda key: order_key(seed, key))
    pairs = sorted(
        (found for found in keyed if found[1].example.kind == "preference"), key=lambda found: order_key(seed, found[0])
    )
    return ProbeRows(
        asked=[_asked(key, firsts[key]) for key in ordered],
        pairs=[_pair(key, row.example) for key, row in pairs],
        examples=[row.example for row in effective.rows],
        has_messages=any(row.example.form == "messages" for row in effective.rows),
    )


def as_turns(prompt: Prompt) -> str | list[dict[str, str]]:
    """Return a prompt as TRL hands it to reward functions: a text, or a list of role and content."""
    return prompt if isinstance(prompt, str) else [{"role": turn.role, "content": turn.content} for turn in prompt]


def distinct(keys: Iterable[str]) -> int:
    """Count different keys."""
    return len(set(keys))


def _asked(key: bytes, row: Row) -> Asked:
    is_pair = row.example.kind == "preference"
    answer = row.example.fields["chosen" if is_pair else "completion"]
    return Asked(
        key=key.hex(),
        prompt=_prompt(row.example.fields["prompt"]),
        reference="" if row.rating is False else plain(answer),
        is_demonstration=not is_pair and row.rating is None,
        columns=row.columns,
    )


def _pair(key: bytes, pair: Example) -> Pair:
    return Pair(key.hex(), _prompt(pair.fields["prompt"]), plain(pair.fields["chosen"]), plain(pair.fields["rejected"]))


def _prompt(prompt: Text) -> Prompt:
    return prompt if isinstance(prompt, str) else tuple(Message(**turn) for turn in prompt)
