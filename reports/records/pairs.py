"""Preference pairs that were built from evidence, and what was refused and why."""

from msgspec import Struct

from reports.records.gates import Estimate


class RefusedRow(Struct, frozen=True, kw_only=True, tag_field="refused", tag="row"):
    """One input row that cannot be used."""

    source: str
    row: int
    """Line number in JSON lines, else its place among the rows, from 1."""
    reason: str
    excerpt: str = ""


class ClickPair(Struct, frozen=True, kw_only=True):
    """One pair that an A/B test supports; training reads `prompt`, `chosen` and `rejected`."""

    prompt: str
    chosen: str
    rejected: str
    source: str
    """`a/b test`, and the file."""
    margin: Estimate
    """Relative lift of the click rate, 0.1 for a tenth more clicks, with a 95 % interval; a value of None where nobody clicked
    the rejected one. `n`: impressions of both."""
    p: float
    """Exact two-sided p-value of this comparison alone."""
    p_adjusted: float
    """The same, adjusted for all comparisons of this prompt."""
    clicks: tuple[int, int]
    """Of the chosen and of the rejected answer."""
    impressions: tuple[int, int]


class RefusedClickPair(Struct, frozen=True, kw_only=True, tag_field="refused", tag="pair"):
    """One comparison that an A/B test does not decide."""

    prompt: str
    first: str
    """The answer with the higher click rate, or one of two equal ones."""
    second: str
    source: str
    reason: str
    margin: Estimate
    """As in `ClickPair`."""
    p: float
    p_adjusted: float
    """As in `ClickPair`; 1 where the lift is too small, which counts as no evidence."""
    is_large: bool
    """The lift reaches the minimum, whether or not it is noise."""
    needed: int | None
    """Impressions of each answer that would decide at the observed rates in four tests of five; None: no number would."""
    clicks: tuple[int, int]
    impressions: tuple[int, int]


class ClickPairsSummary(Struct, frozen=True, kw_only=True):
    """What became of A/B results."""

    schema_version: int = 1
    sources: tuple[str, ...]
    rows: int
    rows_refused: int
    prompts: int
    """With at least two different answers that were shown."""
    comparisons: int
    accepted: int
    refused_as_noise: int
    refused_as_small: int
    """Their lift is below `min_lift`, decided or not."""
    level: float
    """Limit on the expected share of prompts with pairs that hold a pair in the wrong direction."""
    min_lift: float
    threshold: float
    """Largest adjusted p-value that is accepted, so that the share stays below `level`."""
    out: str
    refused_out: str
