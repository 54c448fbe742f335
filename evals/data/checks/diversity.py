"""DIV001 and DIV002: rows cut from one template, and rows about one topic."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.data.checks.evidence import ROWS_SHOWN, share, skipped
from evals.data.examples import Example, Text, answer_names, excerpt, plain
from evals.data.reading import for_comparison
from reports.records.data import Check, Evidence

if TYPE_CHECKING:
    from evals.data.topics import Topic

FEWEST_ROWS: Final = 100
PROMPT_WORDS: Final = 8
ANSWER_WORDS: Final = 5
FEWEST_OWN_WORDS: Final = 3
"""Words that a skeleton must hold beside its slots, and at least as many as slots, or it is a label or a figure and no habit."""
LIMIT: Final = 0.2
"""Share of the rows on one skeleton; the commonest of gsm8k and of hh-rlhf stays below 1 %."""
TOPIC_LIMIT: Final = 0.8
"""Share of the prompts in the largest of several topics."""
MOST_READ: Final = 1000
"""Prompts that are read for their topics."""
SHARED_WORDS: Final = 2
SEED: Final = 0
TEMPLATES: Final = "Rows from one template"
TOPICS: Final = "Rows about one topic"
SLOT: Final = "…"
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Skeleton(NamedTuple):
    """The commonest skeleton of one part of the rows."""

    part: str
    words: str
    places: list[int]
    """The rows that have it."""


def check_templates(examples: Sequence[Example]) -> Check:
    """Report the commonest skeleton among prompts, beginnings and ends of answers; a warning above a fifth of the rows."""
    if len(examples) < FEWEST_ROWS:
        return skipped("DIV001", TEMPLATES, f"{len(examples):,} rows are too few to tell; {FEWEST_ROWS} are needed")
    found = find_skeletons(examples)
    most = max(found, key=lambda one: len(one.places))
    skewed = [one for one in found if len(one.places) > LIMIT * len(examples)]
    return Check(
        code="DIV001",
        title=TEMPLATES,
        blocking=False,
        state="warn" if skewed else "pass",
        value=len(most.places) / len(examples),
        limit=LIMIT,
        because="; ".join(_say(one, len(examples)) for one in skewed or [most]),
        evidence=_evidence(examples, skewed[0].places) if skewed else (),
        fix="Add rows that are worded otherwise, or keep fewer of these: the model learns the frame before what it holds."
        if skewed
        else "",
    )


def find_skeletons(examples: Sequence[Example]) -> list[Skeleton]:
    """Return the commonest skeleton of prompts, of beginnings and of ends of the answers to imitate.

    A skeleton is the first (or last) words, where each word that fewer than a fifth of the rows have there is an open slot:
    numbers, names and all else that differs. Such a word could be no part of a skeleton that a fifth of the rows share.
    """
    rows = [for_comparison(example) for example in examples]
    prompts = [_words(_asked(row.fields["prompt"]))[:PROMPT_WORDS] for row in rows]
    answers = [_words(plain(row.fields[names[0]])) if (names := answer_names(row.kind)) else [] for row in rows]
    return [
        _commonest("prompts begin alike", prompts),
        _commonest("answers open alike", [words[:ANSWER_WORDS] for words in answers]),
        _commonest("answers close alike", [words[-ANSWER_WORDS:] for words in answers]),
    ]


def check_topics(examples: Sequence[Example]) -> Check:
    """Report the share of the largest topic among the prompts; a warning where four fifths or more crowd into one of several.

    Clusters that share two of their five most telling words are one topic: k-means cuts a large topic into parts of equal size.
    """
    if len(examples) < FEWEST_ROWS:
        return skipped("DIV002", TOPICS, f"{len(examples):,} rows are too few to tell; {FEWEST_ROWS} are needed")
    read = random.Random(SEED).sample(list(examples), MOST_READ) if len(examples) > MOST_READ else list(examples)
    largest, *others = _find_themes([_asked(for_comparison(example).fields["prompt"]) for example in read])
    is_skewed = bool(others) and largest.share > TOPIC_LIMIT
    few = ", ".join(other.words[0] for other in others[:3] if other.words)
    return Check(
        code="DIV002",
        title=TOPICS,
        blocking=False,
        state="warn" if is_skewed else "pass",
        value=largest.share,
        limit=TOPIC_LIMIT,
        because=f"{100 * largest.share:.0f} % of the prompts fall into the largest of {1 + len(others)} topics "
        f"({', '.join(largest.words)})" + (f", and few into the others ({few})" if is_skewed else ""),
        evidence=_evidence(read, [largest.example]) if is_skewed else (),
        fix="Add rows on the other topics, or drop them, if the model is to serve one topic only." if is_skewed else "",
    )


def _find_themes(texts: Sequence[str]) -> "list[Topic]":
    """Return topics, the largest first, those of shared words as one."""
    from evals.data.topics import find_topics

    groups: list[list[Topic]] = []
    for topic in find_topics(texts, SEED):
        alike = [group for group in groups if any(len({*topic.words} & {*one.words}) >= SHARED_WORDS for one in group)]
        groups = [group for group in groups if group not in alike] + [[*(one for group in alike for one in group), topic]]
    themes = [group[0]._replace(share=sum(one.share for one in group), rows=sum(one.rows for one in group)) for group in groups]
    return sorted(themes, key=lambda theme: -theme.rows)


def _asked(prompt: Text) -> str:
    """Return the last turn that asks: earlier ones are context."""
    return prompt if isinstance(prompt, str) else next((turn["content"] for turn in reversed(prompt)), "")


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _commonest(part: str, rows: Sequence[Sequence[str]]) -> Skeleton:
    held = Counter(word for words in rows for word in set(words))
    fixed = {word for word, number in held.items() if number >= LIMIT * len(rows) and not word.isdigit()}
    skeletons = [_skeleton(words, fixed) for words in rows]
    counted = Counter(skeleton for skeleton in skeletons if skeleton)
    words = max(counted, key=lambda skeleton: counted[skeleton], default="")
    return Skeleton(part, words, [place for place, skeleton in enumerate(skeletons) if words and skeleton == words])


def _skeleton(words: Sequence[str], fixed: Set[str]) -> str:
    own = sum(word in fixed for word in words)
    return " ".join(word if word in fixed else SLOT for word in words) if own >= max(FEWEST_OWN_WORDS, len(words) / 2) else ""


def _say(found: Skeleton, rows: int) -> str:
    return f"{share(len(found.places), rows)} {found.part}" + (f" ('{excerpt(found.words)}')" if found.words else "")


def _evidence(examples: Sequence[Example], places: Iterable[int]) -> tuple[Evidence, ...]:
    rows = [examples[place] for place in places][:ROWS_SHOWN]
    return tuple(
        Evidence(row=row.number, excerpt=excerpt(f"{row.source}: {_asked(for_comparison(row).fields['prompt'])}")) for row in rows
    )
