"""Signing a run's evidence: what a signature needs, and how signatures are told."""

from datetime import UTC, date, datetime
from typing import Final, Literal

from reports.errors import UsageError
from reports.records.gates import Gates
from reports.records.review import Signoff
from reports.rundir import RunDir, now
from reports.signoffs import Signed, evidence_digest

SIGNS: Final = {"approved": "✓", "rejected": "✗", "void": "!", "expired": "!", "unsigned": "–"}
Decision = Literal["approve", "reject"]


def sign(run: RunDir, role: str, name: str, decision: Decision, conditions: str = "", expires: str = "") -> Signoff:
    """Put a name under the evidence of a run, and write its report anew.

    Args:
        run: a run whose gates are decided.
        role: as whom the person signs.
        name: who signs.
        decision: for the rollout or against it.
        conditions: what must hold; needed to approve what the gates did not pass.
        expires: last day on which it counts, YYYY-MM-DD; empty: until the evidence changes.

    Raises:
        UsageError: the signature could not count.
        MissingError: the run is not decided yet.
    """
    from reports.html import write_report

    if not role.strip() or not name.strip():
        raise UsageError("A signature needs a role and a name (on the command line --role ROLE and --name NAME).")
    evidence, verdict = evidence_digest(run), run.read(Gates).verdict
    if decision == "approve" and verdict != "go" and not conditions.strip():
        raise UsageError(
            f"The verdict is {verdict}. To approve all the same, say what must hold (on the command line --conditions TEXT)."
        )
    signoff = Signoff(
        at=now(),
        role=role.strip(),
        name=name.strip(),
        decision=decision,
        evidence=evidence,
        conditions=conditions.strip(),
        expires=_last_day(expires),
    )
    run.signoffs.append(signoff)
    write_report(run)
    return signoff


def told(one: Signed) -> str:
    """Return a role and what its signature is worth, in one line."""
    who = f"{one.signoff.name}, {one.signoff.at[:10]}" if one.signoff else ""
    needed = "" if one.required else " (not required)"
    parts = "; ".join(part for part in (who, one.because) if part)
    return f"{SIGNS[one.state]} {one.role}{needed}: {one.state}; {parts}"


def _last_day(text: str) -> str:
    if not text.strip():
        return ""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(f"{text}: not a day. Write it as YYYY-MM-DD, for example 2030-01-31.") from error
    if day < datetime.now(UTC).date():
        raise UsageError(f"{text}: the day has passed, so the signature would not count. Name a day to come.")
    return day.isoformat()
