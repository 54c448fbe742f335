"""What was measured before a decision: the data, the model's own files, and the untouched model on the data."""

from typing import Literal

from msgspec import Struct

from reports.records.gates import Estimate
from reports.records.intake import Fact, Value


class Finding(Struct, frozen=True, kw_only=True):
    """One measurement; a value of None is one that could not be made."""

    name: str
    """Where it answers a question of the scorecard, the name of that fact."""
    title: str
    unit: Literal["share", "nats per token", "nats", "tokens", "prompts"]
    estimate: Estimate
    """With a 90 % interval; without limits where everything was counted or no spread was seen."""
    because: str
    """How it was measured, or why it was not."""


class SourceCount(Struct, frozen=True, kw_only=True):
    """One source and what is left of it."""

    label: str
    layout: str
    rows: int
    """Rows read."""
    effective: int
    """Rows left after unusable, empty, undecided and repeated ones are taken out."""


class DataFacts(Struct, frozen=True, kw_only=True):
    """What counting says about the data, without any model; every row was counted."""

    sources: tuple[SourceCount, ...]
    demonstrations: int
    """Effective rows with an answer to imitate."""
    preference_pairs: int
    """Effective rows with a chosen and a rejected answer."""
    unpaired_ratings: int
    """Effective rows with one answer and a true or false `label`."""
    prompts: int
    """Distinct prompts among the effective rows, case and spacing aside."""
    removed: dict[str, int]
    """Rows taken out, by reason."""
    duplicates_share: float | None
    """Exact repeats among the rows that were usable otherwise; near duplicates are not counted."""
    chosen_longer: int
    """Pairs whose chosen answer is the longer one in characters."""
    chosen_shorter: int
    voted_pairs: int
    """Pairs that carry votes for both answers."""
    clear_pairs: int
    """Voted pairs whose winner is clear."""
    by_model: int
    """Effective rows that a column declares synthetic."""
    by_people: int
    """Effective rows that a column declares written by people."""
    origin_column: str
    """The column that says so; empty where there is none."""
    formats: dict[str, int]
    """Effective rows by the value of a `format` column."""


class ModelDescription(Struct, frozen=True, kw_only=True):
    """What the files of a model say about it, without loading its weights."""

    label: str
    architecture: str
    """Class name in transformers; empty: not known."""
    parameters: int | None
    context_length: int | None
    """Longest input in tokens."""
    licence: str
    """Empty: not known."""
    licence_source: str
    """The file that names the licence, or why none is known."""
    has_chat_template: bool
    tuning: Literal["instruct", "base", "unclear"]
    """Whether it has learned to follow instructions, guessed from names and files."""
    tuning_because: str


class ProbeRequest(Struct, frozen=True, kw_only=True):
    """What the child process is asked to measure."""

    schema_version: int = 1
    model: str
    sources: tuple[str, ...]
    reward: str = ""
    """`module:function`, called as TRL's GRPO trainer calls a reward function, or a reward of the library."""
    regex: str = ""
    """Passes where the pattern is found in the answer."""
    exact: str = ""
    """Passes where the answer is the text of this column."""
    pass_at: float = 0.5
    """The smallest reward that counts as a pass."""
    samples: int = 8
    """Answers to each prompt, at temperature 1."""
    prompts: int = 64
    """Prompts to sample answers to."""
    new_tokens: int = 128
    """Length of an answer, at most half of the model's context."""
    batch_tokens: int = 8192
    """Tokens of prompts and answers side by side."""
    style_prompt: str = ""
    """Instruction in front of every prompt when prompting alone is measured."""
    layout: str = ""
    """What rows that fit it are read as; empty: the first layout that fits."""
    seed: int = 0
    folder: str = ""
    """Where the module of `reward` is looked for, besides the installed packages."""

    @property
    def has_checker(self) -> bool:
        """Say whether a program can score answers."""
        return bool(self.reward or self.regex or self.exact)


class ProbeResult(Struct, frozen=True, kw_only=True):
    """What the child process measured."""

    schema_version: int = 1
    findings: tuple[Finding, ...]
    model: ModelDescription
    data: DataFacts
    notes: tuple[str, ...] = ()
    """Rules that were applied to awkward input."""


class ProbeFailure(Struct, frozen=True, kw_only=True):
    """Why the child process measured nothing."""

    schema_version: int = 1
    code: str
    """The `code` of a TunegateError."""
    message: str


class Probe(Struct, frozen=True, kw_only=True):
    """The document of `tunegate probe`; its `facts` make it an intake that `tunegate recommend` reads."""

    schema_version: int = 1
    facts: dict[str, Fact]
    findings: tuple[Finding, ...]
    model: ModelDescription
    data: DataFacts
    settings: dict[str, Value]
    notes: tuple[str, ...] = ()
    seconds: float
