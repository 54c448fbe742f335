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

    prompt: str | list[dict[str, str]]
    chosen: str | list[dict[str, str]]
    rejected: str | list[dict[str, str]]
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

    prompt: str | list[dict[str, str]]
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


class VotedPair(Struct, frozen=True, kw_only=True):
    """One pair on which raters agree; training reads `prompt`, `chosen` and `rejected`."""

    prompt: str | list[dict[str, str]]
    chosen: str | list[dict[str, str]]
    rejected: str | list[dict[str, str]]
    source: str
    """`raters`, and the item."""
    raters: tuple[str, ...]
    margin: Estimate
    """Share of the votes that went to the chosen answer, ties counted as votes; exact 95 % interval; `n`: votes."""
    chosen_votes: int
    rejected_votes: int


class RefusedItem(Struct, frozen=True, kw_only=True, tag_field="refused", tag="item"):
    """One item that gives no pair."""

    item: str
    prompt: str | list[dict[str, str]]
    reason: str
    votes: dict[str, int]
    """Votes that counted, by choice."""


class RaterRow(Struct, frozen=True, kw_only=True):
    """How one rater did."""

    rater: str
    votes: int
    left_out: str
    """Why the votes do not count; empty: they do."""
    gold: Estimate | None
    """Share of gold items answered right; `low` is the exact one-sided 95 % limit. None: rated no gold item."""
    agreement: Estimate | None
    """Share of votes equal to the most frequent one of the other raters, exact 95 % interval; None: nobody to compare with."""
    first_half: Estimate | None
    """The same over the earlier half of the rater's votes."""
    second_half: Estimate | None
    drift_p: float | None
    """Exact two-sided p-value that both halves agree equally often, adjusted (Holm) over raters."""


class VotedPairsSummary(Struct, frozen=True, kw_only=True):
    """What became of raters' votes."""

    schema_version: int = 1
    sources: tuple[str, ...]
    rows: int
    rows_refused: int
    items: int
    gold_items: int
    accepted: int
    refused: int
    alpha: Estimate | None
    """Krippendorff's alpha over the votes that count; None: undefined, with the reason in `alpha_because`."""
    alpha_because: str
    raters: tuple[RaterRow, ...]
    min_agreement: float
    min_votes: int
    floor: float
    out: str
    refused_out: str


class DegradedPair(Struct, frozen=True, kw_only=True):
    """One pair of a set that holds synthetic ones; training reads `prompt`, `chosen` and `rejected`."""

    prompt: str | list[dict[str, str]]
    chosen: str | list[dict[str, str]]
    rejected: str | list[dict[str, str]]
    source: str
    """File and row of the good answer."""
    synthetic: bool
    """The rejected answer is the chosen one made worse by a program, or one to another prompt."""
    degradation: str
    """How it was made worse; empty: it was not."""


class DegradedPairsSummary(Struct, frozen=True, kw_only=True):
    """What synthetic pairs were added."""

    schema_version: int = 1
    sources: tuple[str, ...]
    rows: int
    rows_refused: int
    real: int
    synthetic: int
    kinds: dict[str, int]
    """Synthetic pairs by how the answer was made worse."""
    share: float
    """Synthetic pairs of all, 0 to 1."""
    cap: float
    seed: int
    out: str
    refused_out: str


class EndpointUse(Struct, frozen=True, kw_only=True):
    """What an endpoint was asked, and what it cost."""

    requests: int
    """Sent now, retries included."""
    cached: int
    """Replies taken from an earlier attempt."""
    missing: int
    """Questions without a usable reply."""
    prompt_tokens: int
    completion_tokens: int
    tokens_estimated: bool
    """The server did not report its usage for every reply."""
    cost: float | None
    """At the prices given, in their currency; None: no prices were given."""


class SampledPair(Struct, frozen=True, kw_only=True):
    """One pair of a model's own answers that a judge tells apart; training reads `prompt`, `chosen` and `rejected`."""

    prompt: str | list[dict[str, str]]
    chosen: str | list[dict[str, str]]
    rejected: str | list[dict[str, str]]
    source: str
    """`samples of` the model, then file and row of the prompt."""
    synthetic: bool
    """True: a model wrote both answers."""
    margin: float
    """How much more the judge prefers the chosen answer, 0 (not at all) to 1 (for certain)."""
    rater: str
    """The judge: `reward:NAME`, `endpoint:MODEL` or `person`."""
    samples: tuple[int, int]
    """Which of the answers to the prompt were chosen and rejected, from 0."""


class RefusedSamples(Struct, frozen=True, kw_only=True, tag_field="refused", tag="prompt"):
    """One prompt whose answers give no pair."""

    source: str
    row: int
    reason: str
    prompt: str
    """Its beginning."""
    answers: int
    """Usable and different ones."""


class SampledPairsSummary(Struct, frozen=True, kw_only=True):
    """What became of a model's own answers."""

    schema_version: int = 1
    sources: tuple[str, ...]
    model: str
    rater: str
    rows: int
    rows_refused: int
    prompts: int
    """Different ones."""
    per_prompt: int
    temperature: float
    max_new_tokens: int
    seed: int
    min_margin: float
    sampled: int
    """Answers drawn now; the others were drawn by an earlier attempt."""
    accepted: int
    refused: int
    """Prompts without a pair."""
    consistency: Estimate | None
    """Share of comparisons in which the judge says the same in both orders, exact 95 % interval; None: not asked so."""
    notes: tuple[str, ...]
    use: EndpointUse | None
    out: str
    refused_out: str


class CritiquedPair(Struct, frozen=True, kw_only=True):
    """A revised answer and its original, or a real pair beside them; training reads `prompt`, `chosen` and `rejected`."""

    prompt: str | list[dict[str, str]]
    chosen: str | list[dict[str, str]]
    rejected: str | list[dict[str, str]]
    source: str
    """File and row of the original."""
    synthetic: bool
    """The chosen answer is a model's revision of the rejected one."""
    rater: str = ""
    """`endpoint:MODEL`, which criticised and revised."""
    principle: str = ""
    critique: str = ""
    margin: float | None = None
    """1 where a judge prefers the revision in both orders; None: no judge was asked."""


class CritiquedPairsSummary(Struct, frozen=True, kw_only=True):
    """What became of answers that were criticised and revised."""

    schema_version: int = 1
    sources: tuple[str, ...]
    rows: int
    rows_refused: int
    not_tried: int
    """Rows left alone because the cap was reached."""
    real: int
    synthetic: int
    share: float
    """Synthetic pairs of all, 0 to 1."""
    cap: float
    principles: dict[str, int]
    """Pairs by principle."""
    verified: bool
    consistency: Estimate | None
    """As in `SampledPairsSummary`."""
    rater: str
    seed: int
    use: EndpointUse
    out: str
    refused_out: str
