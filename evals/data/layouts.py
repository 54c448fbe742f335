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
ACCEPTED: Final = (
    Columns("preference", "prompt", PAIR),
    Columns("preference", "question", PAIR, is_dialogue=True),
    Columns("preference", "instruction", PAIR, context="input", is_dialogue=True),
    Columns("preference", "input", PAIR, is_dialogue=True),
    Columns("preference", "input", ("preferred_output", "non_preferred_output"), is_dialogue=True),
    Columns("preference", "", PAIR),
    Columns("unpaired-preference", "prompt", ("completion",), rating="label"),
    Columns("prompt-completion", "prompt", ("completion",)),
    Columns("prompt-completion", "prompt", ("response",), is_dialogue=True),
    *(Columns("prompt-completion", "", (name,)) for name in TURN_COLUMNS),
    Columns("prompt-completion", "instruction", ("output",), context="input", is_dialogue=True),
    Columns("prompt-completion", "instruction", ("response",), context="input", is_dialogue=True),
    Columns("prompt-completion", "question", ("answer",), is_dialogue=True),
    *(
        Columns("prompt-only", name, (), context="input", is_dialogue=name != "prompt")
        for name in ("prompt", "question", "instruction")
    ),
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
    sets = {kind: ", ".join("+".join(columns.needed) for columns in accepted if columns.kind == kind) for kind in kinds}
    return "; ".join(f"for {kind} {listed}" for kind, listed in sets.items())
