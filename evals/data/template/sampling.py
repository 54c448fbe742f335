"""A seeded sample of rows, each answer as it is batched and as it is rendered."""

import random
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from evals.data.examples import Example, Kind, answer_names
from evals.data.template.collating import (
    UNTRAINED,
    Batched,
    Setup,
    collate_demonstrations,
    collate_pairs,
    training_template,
)
from evals.data.template.rendered import Rendered, render

ROWS: Final = 32
SEED: Final = 0
COLLATED: Final[tuple[Kind, ...]] = ("prompt-completion", "unpaired-preference", "preference", "language-modelling")
"""Kinds that a trainer here batches; an unpaired preference is a demonstration."""

UNMARKED: Final = "the chat template does not mark them, and TRL has no marked version of it"
MARKS_NOTHING: Final = "what the chat template marks is empty in at least one sampled row"


class Answer(NamedTuple):
    """One answer of a sampled row."""

    example: Example
    name: str
    """Its column; `prompt` for a text without prompt."""
    rendered: Rendered
    batched: Batched | None
    """None: the trainer leaves the row out, since nothing of an answer fits into max_length."""

    @property
    def trained(self) -> frozenset[int]:
        """Places of the tokens that are learned."""
        labels = self.batched.labels if self.batched else ()
        return frozenset(place for place, label in enumerate(labels) if label != UNTRAINED)

    @property
    def is_whole(self) -> bool:
        """Nothing of the row was cut off."""
        return self.batched is not None and len(self.batched.ids) >= len(self.rendered.ids)


class Sample(NamedTuple):
    """What was looked at."""

    answers: tuple[Answer, ...]
    refused: int = 0
    """Rows that the chat template refuses."""
    unmasked_because: str = ""
    """Why no mask of assistant turns could be made; the answers are missing then."""

    @property
    def missing_because(self) -> str:
        """Why there is nothing to look at, where there is nothing."""
        if self.unmasked_because:
            return "no mask of assistant turns can be made, see TMPL001"
        return (
            f"the chat template refuses all {self.refused} sampled rows" if self.refused else "the data hold no answers to batch"
        )


def sample_answers(examples: Sequence[Example], setup: Setup, kinds: Iterable[Kind] = COLLATED, rows: int = ROWS) -> Sample:
    """Batch up to `rows` rows of each kind as TRL would; the same rows each time."""
    answers: list[Answer] = []
    refused = 0
    setup = setup._replace(assistant_only=setup.assistant_only and any(map(_is_dialogue, examples)))
    try:
        template = training_template(setup)
        for kind in (kind for kind in COLLATED if kind in kinds):
            chosen = _choose([row for row in examples if row.kind == kind], rows)
            rendered = _render(chosen, setup, None if kind == "preference" else template)
            refused += len(chosen) - len(rendered)
            answers += _batch(rendered, setup)
    except (RuntimeError, ValueError) as error:
        if not setup.assistant_only:
            raise
        return Sample((), refused, UNMARKED if isinstance(error, ValueError) else MARKS_NOTHING)
    return Sample(tuple(answers), refused)


def _is_dialogue(row: Example) -> bool:
    return row.kind in ("prompt-completion", "unpaired-preference") and isinstance(row.fields["prompt"], list)


def _choose(examples: Sequence[Example], rows: int) -> list[Example]:
    places = sorted(random.Random(SEED).sample(range(len(examples)), min(rows, len(examples))))
    return [examples[place] for place in places]


def _render(examples: Sequence[Example], setup: Setup, template: str | None) -> list[tuple[Example, list[Rendered]]]:
    from jinja2 import TemplateError

    rendered = []
    for row in examples:
        names = answer_names(row.kind) or ("prompt",)
        try:
            rendered.append((row, [render(row, name, setup.tokenizer, template) for name in names]))
        except (TemplateError, TypeError, ValueError):
            continue
    return rendered


def _batch(rendered: Sequence[tuple[Example, list[Rendered]]], setup: Setup) -> list[Answer]:
    if not rendered:
        return []
    rows = [_fields(row, setup.assistant_only) for row, _ in rendered]
    names = answer_names(rendered[0][0].kind) or ("prompt",)
    found: dict[int, tuple[Batched, ...]] = (
        {**collate_pairs(rows, setup)}
        if len(names) == 2
        else {place: (one,) for place, one in collate_demonstrations(rows, setup).items()}
    )
    return [
        Answer(row, name, texts[number], found[place][number] if place in found else None)
        for place, (row, texts) in enumerate(rendered)
        for number, name in enumerate(names)
    ]


def _fields(row: Example, assistant_only: bool) -> dict[str, Any]:
    prompt = row.fields["prompt"]
    if row.kind == "language-modelling":
        return {"text": prompt}
    if assistant_only and isinstance(prompt, list) and _is_dialogue(row):
        return {"messages": [*prompt, *row.fields["completion"]]}
    return dict(row.fields)
