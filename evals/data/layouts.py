"""The layouts that rows may come in: which columns hold the prompt and the answers."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.data.examples import Form, Kind

TURN_COLUMNS: Final = ("messages", "conversations", "conversation")
"""Columns that hold a whole dialogue."""


class Columns(NamedTuple):
    """One way to name the columns."""

    kind: Kind
    prompt: str
    """Empty: the prompt is implicit, what the answers share at their beginning."""
    answers: tuple[str, ...]
    context: str = ""
    """A column whose text is added to the prompt where it is not empty."""
    is_dialogue: bool = False
    """Strings are one user turn and one assistant turn, rather than text and its continuation."""
    rating: str = ""
    """Column that says whether the answer (or each of its steps) is good."""
    with_tools: bool = False
    """Assistant turns that call tools are kept, the calls as their content."""

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that every row must have."""
        return tuple(name for name in (self.prompt, *self.answers, self.rating) if name)


PAIR: Final = ("chosen", "rejected")
ANSWERED: Final = (
    ("prompt", ("completion", "response", "output")),
    ("instruction", ("output", "response", "completion")),
    ("question", ("answer", "response", "output")),
    ("query", ("response", "answer")),
    ("problem", ("solution",)),
    ("input", ("output", "response")),
)
"""Columns of a question, each with the columns that its answer may stand in."""


PLAIN: Final = (("prompt", "completion"), ("prompt", *PAIR), ("prompt",))
"""Columns whose strings are a text and its continuation."""


def _asking(kind: Kind, prompt: str, answers: tuple[str, ...], rating: str = "") -> Columns:
    context = "input" if prompt == "instruction" or not answers else ""
    return Columns(kind, prompt, answers, context, is_dialogue=(prompt, *answers) not in PLAIN, rating=rating)


def _answered(kind: Kind, rating: str = "") -> tuple[Columns, ...]:
    """Return prompt with completion or response, then whole dialogues, then every other question with its answer."""
    named = [_asking(kind, prompt, (answer,), rating) for prompt, answers in ANSWERED for answer in answers]
    return (*named[:2], *(Columns(kind, "", (name,), rating=rating) for name in TURN_COLUMNS), *named[2:])


ACCEPTED: Final = (
    *(_asking("preference", prompt, PAIR) for prompt, _ in ANSWERED),
    Columns("preference", "input", ("preferred_output", "non_preferred_output"), is_dialogue=True),
    *(Columns("preference", name, PAIR) for name in TURN_COLUMNS),
    Columns("preference", "", PAIR),
    *_answered("unpaired-preference", rating="label"),
    *_answered("prompt-completion"),
    *(_asking("prompt-only", prompt, ()) for prompt, _ in ANSWERED if prompt != "input"),
    *(Columns("prompt-only", name, ()) for name in TURN_COLUMNS),
)
"""What a run trains on, in order of precedence: a row that fits several is read as the first."""
CHECKED: Final = (
    Columns("stepwise", "prompt", ("completions",), rating="labels"),
    *(columns._replace(with_tools=True) for columns in ACCEPTED),
    Columns("language-modelling", "text", ()),
)
"""What the checks read: also layouts that no run trains on yet."""
KINDS: Final = tuple(dict.fromkeys(columns.kind for columns in CHECKED))

EXAMPLE: Final = '{"prompt": "Name our shop.", "chosen": "Leaf & Cup", "rejected": "BEST TEA!!!"}'


class Layout(NamedTuple):
    """How the rows of one source are read."""

    kind: Kind
    form: Form
    because: str
    columns: Columns

    @property
    def name(self) -> str:
        """Kind and form, for example `preference (messages)`."""
        return f"{self.kind} ({self.form})"


def list_columns(accepted: Sequence[Columns]) -> str:
    """List the accepted columns by kind, for an error message."""
    kinds = dict.fromkeys(columns.kind for columns in accepted)
    return "; ".join(f"for {kind} {_choices([one for one in accepted if one.kind == kind])}" for kind in kinds)


def _choices(accepted: Sequence[Columns]) -> str:
    """List columns of one kind: prompts that take the same answers, and answers of one prompt, as alternatives."""
    if all(columns.rating == "label" for columns in accepted):
        return "what prompt-completion takes, with label"
    answers: dict[str, list[str]] = {}
    for columns in accepted:
        answers.setdefault(columns.prompt, []).append("+".join(columns.needed[bool(columns.prompt) :]))
    prompts: dict[str, list[str]] = {}
    for prompt, named in answers.items():
        prompts.setdefault(" or ".join(name for name in named if name), []).append(prompt)
    return ", ".join(
        _choice([name or "no prompt" for name in names if name or names[1:]], named) for named, names in prompts.items()
    )


def _choice(prompts: Sequence[str], answers: str) -> str:
    return " with ".join(part for part in (" or ".join(prompts), answers) if part)
