"""What is known about the data: profile, checks and lineage."""

from typing import Literal

from msgspec import Struct

CheckState = Literal["pass", "warn", "fail", "skipped"]


class Quantiles(Struct, frozen=True, kw_only=True):
    """Spread of a length in tokens."""

    p5: float
    p50: float
    p95: float
    maximum: float


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


class Profile(Struct, frozen=True, kw_only=True):
    """All inputs of a run."""

    schema_version: int = 1
    sources: tuple[SourceProfile, ...]
    notes: tuple[str, ...] = ()
    """Rules that were applied to awkward input, such as a fallback chat template."""


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
