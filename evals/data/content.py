"""What rows hold: lengths, dialogues, languages, topics and diversity."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from evals.data import conversations, transcripts
from evals.data.diversity import measure_diversity
from evals.data.examples import Example, Turn, answer_names, plain
from evals.data.languages import language_shares
from evals.data.lengths import quantiles
from evals.data.rejection import Rejected
from evals.data.topics import find_topics
from reports.records.data import Content, Quantiles, TopicShare

MOST_ROWS: Final = 5000
SEED: Final = 0
FIELDS: Final = ("prompt", "completion", "chosen", "rejected")
LANGUAGE_CHARACTERS: Final = 250
"""The beginning of an answer that its language is told by; the beginning of the last prompt turn follows."""


class Dialogue(NamedTuple):
    """A row, taken apart into turns."""

    example: Example
    turns: list[Turn]
    """The prompt."""
    answer: list[Turn]
    """What to imitate; empty where there is nothing."""

    @property
    def spoken(self) -> list[Turn]:
        """The prompt without system turns."""
        return [turn for turn in self.turns if turn["role"] != "system"]


def describe_content(examples: Sequence[Example], tokens: Mapping[str, Quantiles], prompts: int) -> Content | None:
    """Describe rows, of which `prompts` have different prompts; None without rows.

    Lengths are those of all rows, everything else is measured on a seeded sample of 5000.
    """
    if not examples:
        return None
    sampled = random.Random(SEED).sample(examples, min(MOST_ROWS, len(examples)))
    dialogues = [_take_apart(example) for example in sampled]
    answers = [plain(dialogue.answer) for dialogue in dialogues]
    asked = [plain(dialogue.spoken) for dialogue in dialogues]
    return Content(
        kinds=dict(Counter(example.kind for example in examples).most_common()),
        characters=_characters(examples),
        tokens=dict(tokens),
        distinct_prompts=prompts / len(examples),
        sampled=len(sampled),
        turns=_spread(len(dialogue.spoken) + len(dialogue.answer) for dialogue in dialogues),
        system_share=_share(len(dialogue.spoken) < len(dialogue.turns) for dialogue in dialogues),
        tool_share=_share(any(_has_tool(turn) for turn in (*dialogue.turns, *dialogue.answer)) for dialogue in dialogues),
        languages=language_shares([_for_language(dialogue) for dialogue in dialogues]),
        topics=_topics(sampled, asked),
        diversity=measure_diversity(answers if any(answers) else asked),
    )


def _take_apart(example: Example) -> Dialogue:
    fields = transcripts.as_messages(example.fields) if example.form == "transcript" else None
    if fields is None or isinstance(fields, Rejected):
        fields = conversations.as_messages(example.fields)
    name = next(iter(answer_names(example.kind)), None)
    turns, answer = fields["prompt"], fields.get(name or "", [])
    return Dialogue(example, conversations.as_turns(turns, "user"), conversations.as_turns(answer, "assistant"))


def _characters(examples: Sequence[Example]) -> dict[str, Quantiles]:
    found = {name: [len(plain(example.fields[name])) for example in examples if name in example.fields] for name in FIELDS}
    return {name: _spread(lengths) for name, lengths in found.items() if lengths}


def _topics(examples: Sequence[Example], asked: Sequence[str]) -> tuple[TopicShare, ...]:
    return tuple(
        TopicShare(
            words=topic.words,
            share=topic.share,
            rows=topic.rows,
            source=examples[topic.example].source,
            example_row=examples[topic.example].number,
        )
        for topic in find_topics(asked, SEED)
    )


def _for_language(dialogue: Dialogue) -> str:
    return f"{plain(dialogue.answer)[:LANGUAGE_CHARACTERS]}\n{plain(dialogue.spoken[-1:])}"


def _has_tool(turn: Turn) -> bool:
    """Say whether a turn is a tool's, or a call of one, which reading turned into JSON."""
    content = turn["content"]
    return turn["role"] == "tool" or (turn["role"] == "assistant" and '"arguments"' in content and content.rstrip()[-1:] in "]}")


def _spread(values: Iterable[int]) -> Quantiles:
    return quantiles(values) or Quantiles(p5=0.0, p50=0.0, p95=0.0, maximum=0.0)


def _share(found: Iterable[bool]) -> float:
    seen = list(found)
    return sum(seen) / len(seen)
