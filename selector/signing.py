"""Signing a run's evidence: what a signature needs, and how signatures are told."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final, Literal

from reports.errors import UsageError
from reports.records.gates import Gates
from reports.records.review import Signoff
from reports.rundir import RunDir, now
from reports.signoffs import Signed, evidence_digest
from reports.wording import visible

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
    evidence, gates = evidence_digest(run), run.read(Gates)
    verdict = gates.verdict
    if decision == "approve" and verdict != "go" and not conditions.strip():
        raise UsageError(
            f"The verdict is {verdict}. To approve all the same, say what must hold (on the command line --conditions TEXT)."
        )
    signoff = Signoff(
        at=now(),
        role=_as_asked(_line(role), gates.signoffs),
        name=_line(name),
        decision=decision,
        evidence=evidence,
        conditions=_line(conditions),
        expires=_last_day(expires),
    )
    run.signoffs.append(signoff)
    write_report(run)
    return signoff


def told(one: Signed) -> str:
    """Return a role and what its signature is worth, in one line."""
    until = f", until {one.signoff.expires}" if one.signoff and one.signoff.expires else ""
    who = f"{one.signoff.name}, {one.signoff.at[:10]}{until}" if one.signoff else ""
    needed = "" if one.required else " (not required)"
    parts = "; ".join(part for part in (who, one.because) if part)
    return _line(f"{SIGNS[one.state]} {one.role}{needed}: {one.state}; {parts}")


def _line(text: str) -> str:
    """Return a text as one line whose every character is seen: a name must not be able to look like another."""
    return visible(" ".join(text.split()))


def _as_asked(role: str, asked: Sequence[str]) -> str:
    """Return a role as the policy spells it, whatever the case in which it was typed."""
    return next((one for one in asked if one.casefold() == role.casefold()), role)


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
