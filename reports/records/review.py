"""What people say of a run: blind ratings of its answers, and signatures under its evidence."""

from typing import Literal

from msgspec import Struct

from reports.records.gates import Estimate

Rating = Literal["first", "second", "tie", "both_bad", "skip", "undo"]


class Signoff(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of `signoffs.jsonl`: what a named person decided, on which evidence."""

    at: str
    """UTC, ISO 8601."""
    role: str
    name: str
    decision: Literal["approve", "reject"]
    evidence: str
    """Digest of the plan, the metrics and the gates that were signed; see `reports.signoffs.evidence_digest`."""
    conditions: str = ""
    """What must hold for the approval, in the signer's words."""
    expires: str = ""
    """Last day, ISO 8601, on which it counts; empty: until the evidence changes."""


class RatingLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key press of a review. It says nothing of sides, so that the file stays blind."""

    rater: str
    item: str
    """Opaque name of what was shown; see `evals.review.deck`."""
    verdict: Rating
    at: str
    seconds: float = 0.0
    """From the moment it was shown."""
    reason: str = ""
    """Why it was skipped."""


class RaterResult(Struct, frozen=True, kw_only=True):
    """How one person rated."""

    rater: str
    judged: int
    """Prompts with a verdict, gold and repeated ones not counted."""
    planned: int
    skipped: int
    both_bad: int
    gold: Estimate
    """Share of known pairs that were rated as known, with exact 95 % limits."""
    repeats: Estimate
    """Share of repeated prompts, shown the other way round, that got the same verdict."""
    seconds: float
    """Median time of a verdict."""
    counted: bool
    because: str


class ReviewResult(Struct, frozen=True, kw_only=True):
    """`review/result.json`: what the people who reviewed found together."""

    schema_version: int = 1
    raters: tuple[RaterResult, ...]
    win_rate: Estimate
    """Mean preference for the candidate, ties as halves, raters of one prompt as their mean; 95 % limits."""
    first_chosen: Estimate
    """Share of clear verdicts for the answer that was shown first: far from a half, position decided."""
    raters_agree: Estimate
    """Gwet's AC1 over the prompts that all counted raters judged; nothing for one rater."""
    judge_agrees: Estimate
    """Share of prompts on which the automatic judge picks the side that people pick; nothing where there is no judge."""
    corrected: Estimate
    """The automatic judge's win rate over all prompts, corrected for the errors that people found in it."""
    notes: tuple[str, ...] = ()
