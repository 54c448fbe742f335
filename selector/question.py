"""One question of the scorecard: what is asked, which answers are valid, and what is assumed while it is open."""

from collections.abc import Callable, Mapping
from typing import Literal

from msgspec import Struct

from reports.records.intake import Value
from reports.records.recommendation import AxisName

Kind = Literal["number", "share", "choice", "yes-no"]


class Question(Struct, frozen=True, kw_only=True):
    """A fact that a person or a probe can supply."""

    name: str
    axis: AxisName
    kind: Kind
    text: str
    """The question as a person reads it."""
    help: str
    """Why the answer matters, in one or two sentences."""
    short: str
    """A few words for tables and sentences, for example `preference pairs`."""
    guess: tuple[float, ...]
    """While unknown. Numbers and shares: low, typical, high of a 90 % interval. Choices: a probability each. Yes-no: P(yes)."""
    hopeful: Value
    """The plausible answer that keeps most strategies possible; an unknown fact never rules one out on a guess alone."""
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """(value, label) of a choice; for yes-no: (`yes`, clause) and (`no`, clause), clauses that complete `if ...`."""
    minimum: float = 0.0
    maximum: float = 1.0
    whole: bool = False
    counted: bool = True
    """Whether `short` is something of which there can be a number; else it is something that has a size."""
    log: bool = False
    """Whether distances are ratios: counts and sizes."""
    nothing: Value = None
    """A value that says there is none of it, and so tells nothing about one that is yet to come: as good as not known."""
    spread: float = 0.0
    """Half width of the 90 % interval of an answer given from memory; a factor minus 1 where `log`."""
    when: Callable[[Mapping[str, Value]], bool] | None = None
    """Whether the question matters, given the other facts that are known; None: always."""

    def is_relevant(self, known: Mapping[str, Value]) -> bool:
        """Say whether the answer can matter; `known` holds the values of the facts that are known."""
        return self.when is None or self.when(known)

    @property
    def typical(self) -> Value:
        """The value assumed while the fact is unknown: the median of the guess."""
        if self.kind == "yes-no":
            return self.guess[0] > 0.5
        if self.kind == "choice":
            return self.choices[self.guess.index(max(self.guess))][0]
        return self.guess[1]

    @property
    def allowed(self) -> str:
        """The valid answers in words."""
        if self.kind == "choice":
            return "one of " + ", ".join(value for value, _ in self.choices)
        if self.kind == "yes-no":
            return "yes or no"
        if self.kind == "share":
            return f"a share from {self.minimum:g} to {self.maximum:g}"
        whole = "a whole number" if self.whole else "a number"
        return f"{whole} from {self.minimum:,g} to {self.maximum:,.0f}"
