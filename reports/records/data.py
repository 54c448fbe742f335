"""What is known about the data: profile, checks and lineage."""

from typing import Literal

from msgspec import Struct

CheckState = Literal["pass", "warn", "fail", "skipped"]


class Quantiles(Struct, frozen=True, kw_only=True):
    """Spread of a length, in tokens where nothing else is said."""

    p5: float
    p50: float
    p95: float
    maximum: float


class TopicShare(Struct, frozen=True, kw_only=True):
    """Rows that share words."""

    words: tuple[str, ...]
    """What sets them apart from the other rows, the most telling first."""
    share: float
    rows: int
    """Rows in it, of those that were sampled."""
    source: str
    example_row: int
    """The most typical row."""


class Diversity(Struct, frozen=True, kw_only=True):
    """How little the answers repeat themselves and each other, over an amount of words that is the same for all data."""

    words: int
    """Words read, 10 000 at most; figures of fewer words are higher."""
    distinct_1: float
    distinct_2: float
    distinct_3: float
    """Share of different among all runs of one, two and three words."""
    type_token: float
    """Mean share of different words in windows of 100."""
    compression: float
    """Size of the texts over their compressed size; grows with repetition."""


class Content(Struct, frozen=True, kw_only=True):
    """What usable rows hold. Keys of lengths: `prompt`, `completion`, `chosen`, `rejected`."""

    kinds: dict[str, int]
    """Rows by what they are, for example preference."""
    characters: dict[str, Quantiles]
    tokens: dict[str, Quantiles] = {}
    """With the model's own tokenizer and template, of rows without a defect; empty without a model."""
    distinct_prompts: float
    """Different prompts by rows, without case and spacing."""
    sampled: int
    """Rows that everything below is measured on, picked by a seed."""
    turns: Quantiles
    """Turns of a dialogue, its answer included, system turns not."""
    system_share: float
    """Rows with a system turn."""
    tool_share: float
    """Rows in which a tool is called or answers."""
    languages: dict[str, float] = {}
    """Share of each language by its ISO 639 code; `undetermined` where a text is too short to tell."""
    topics: tuple[TopicShare, ...] = ()
    diversity: Diversity | None = None
    """Of the answers to imitate, else of the prompts; None where there are fewer than 1000 words."""


class Overlap(Struct, frozen=True, kw_only=True):
    """Prompts that stand in two sources."""

    first: str
    second: str
    prompts: int
    share: float
    """Of the different prompts of the source that has fewer."""


class TokenCost(Struct, frozen=True, kw_only=True):
    """Tokens that one pass over rows of a kind takes, as they came, before any is shortened."""

    kind: str
    rows: int
    tokens: int
    """All tokens that are read; for pairs those of both sides."""
    trained: int
    """Tokens of answers, which the loss is taken over."""
    padding_share: float
    """Of the positions of a batch of 8 rows in random order, those filled up to its longest text."""


class StageTokens(Struct, frozen=True, kw_only=True):
    """Tokens that a planned stage will read, estimated from the mean length of a row."""

    stage: str
    rows: int
    epochs: float
    tokens: int


class SourceProfile(Struct, frozen=True, kw_only=True):
    """One input file as it was understood."""

    label: str
    layout: str
    because: str
    """What in the rows led to this layout."""
    rows: int
    rejected: int
    prompt_tokens: Quantiles | None = None
    completion_tokens: Quantiles | None = None
    formats: dict[str, int] = {}
    """Rows by the value of a `format` column, where there is one."""
    content: Content | None = None
    """None where no row is usable."""


class Profile(Struct, frozen=True, kw_only=True):
    """All inputs of a run."""

    schema_version: int = 1
    sources: tuple[SourceProfile, ...]
    notes: tuple[str, ...] = ()
    """Rules that were applied to awkward input, such as a fallback chat template."""
    together: Content | None = None
    """All sources together, where there are several."""
    overlaps: tuple[Overlap, ...] = ()
    costs: tuple[TokenCost, ...] = ()
    """One for each kind of rows; empty without a model."""
    stages: tuple[StageTokens, ...] = ()
    """What the epochs of the plan come to, the judge included; empty without a plan."""


class Evidence(Struct, frozen=True, kw_only=True):
    """One row that shows what a check found."""

    row: int
    excerpt: str


class Check(Struct, frozen=True, kw_only=True):
    """One data check with a stable code."""

    code: str
    title: str
    blocking: bool
    state: CheckState
    value: float | None
    limit: float | None
    because: str
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""
    accepted_because: str = ""
    accepted_by: str = ""
    """Who accepted it on the command line; empty where nobody gave a name."""


class Checks(Struct, frozen=True, kw_only=True):
    """All data checks of a run."""

    schema_version: int = 1
    checks: tuple[Check, ...]

    def blockers(self) -> tuple[Check, ...]:
        """Return the failed blocking checks that nobody accepted."""
        return tuple(c for c in self.checks if c.blocking and c.state == "fail" and not c.accepted_because)


class Filter(Struct, frozen=True, kw_only=True):
    """One step that rows passed through."""

    name: str
    rows_in: int
    rows_out: int
    because: str


class Split(Struct, frozen=True, kw_only=True):
    """One prepared split."""

    name: str
    rows: int
    purpose: str
    digest: str


class Input(Struct, frozen=True, kw_only=True):
    """One file that went in."""

    label: str
    digest: str
    rows: int


class Lineage(Struct, frozen=True, kw_only=True):
    """Where every training row came from."""

    schema_version: int = 1
    inputs: tuple[Input, ...]
    filters: tuple[Filter, ...]
    splits: tuple[Split, ...]
    seed: int
    grouping: str = ""
    """Which rows never stand in two splits, in words."""
    groups: int | None = None
    """Groups of prompts that nearly repeat each other; None where nobody looked."""
    lost: int | None = None
    """Rows read that are in no split; `data/rejected.jsonl` lists them."""
