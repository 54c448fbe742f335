"""The layouts that rows may come in: which columns hold the prompt and the answers."""

from typing import Final, NamedTuple

from evals.data.examples import Form, Kind

TURNS: Final = "messages"


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

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that every row must have."""
        return (self.prompt, *self.answers) if self.prompt else self.answers


PAIR: Final = ("chosen", "rejected")
ACCEPTED: Final = (
    Columns("preference", "prompt", PAIR),
    Columns("preference", "question", PAIR, is_dialogue=True),
    Columns("preference", "instruction", PAIR, context="input", is_dialogue=True),
    Columns("preference", "input", PAIR, is_dialogue=True),
    Columns("preference", "", PAIR),
    Columns("prompt-completion", "prompt", ("completion",)),
    Columns("prompt-completion", "prompt", ("response",), is_dialogue=True),
    Columns("prompt-completion", "", (TURNS,)),
    Columns("prompt-completion", "instruction", ("output",), context="input", is_dialogue=True),
    Columns("prompt-completion", "instruction", ("response",), context="input", is_dialogue=True),
    Columns("prompt-completion", "question", ("answer",), is_dialogue=True),
)
"""In order of precedence: a row that fits several is read as the first."""

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


def accepted_columns() -> str:
    """List the accepted columns by kind, for an error message."""
    kinds = dict.fromkeys(columns.kind for columns in ACCEPTED)
    sets = {kind: ", ".join("+".join(columns.needed) for columns in ACCEPTED if columns.kind == kind) for kind in kinds}
    return "; ".join(f"for {kind} {listed}" for kind, listed in sets.items())
