"""What people say of a run: signatures under its evidence."""

from typing import Literal

from msgspec import Struct


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
