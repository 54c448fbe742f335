"""Sign-offs: who must sign a run's evidence, who has, and which signatures no longer count."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Final, Literal, NamedTuple

from reports.digest import file_digest, text_digest
from reports.errors import MissingError
from reports.records.evaluation import Metrics
from reports.records.gates import Gates
from reports.records.plan import Plan
from reports.records.review import Signoff
from reports.rundir import DOCUMENTS, RunDir

State = Literal["approved", "rejected", "void", "expired", "unsigned"]
EVIDENCE: Final = (Plan, Metrics, Gates)
"""The documents under which a signature stands: what was planned, measured and decided."""


class Signed(NamedTuple):
    """A role, and what its newest signature is worth."""

    role: str
    required: bool
    state: State
    signoff: Signoff | None
    because: str


def evidence_digest(run: RunDir) -> str:
    """Return what identifies the evidence: a change of plan, metrics or gates makes another.

    Raises:
        MissingError: the run is not decided yet.
    """
    if not run.has(Gates):
        raise MissingError(f"{run.path}: there are no gates yet, so nothing can be signed. Finish the run with `tunegate run`.")
    files = [run.path / DOCUMENTS[kind] for kind in EVIDENCE if run.has(kind)]
    return text_digest(*(part for file in files for part in (file.name, file_digest(file))))


def signed_roles(run: RunDir, today: date | None = None) -> tuple[Signed, ...]:
    """Return the required roles in the policy's order, then others that signed; nothing for a run without gates."""
    if not run.has(Gates):
        return ()
    required, lines = run.read(Gates).signoffs, run.signoffs.read()
    newest = {line.role: line for line in lines}
    evidence, day = evidence_digest(run), today or datetime.now(UTC).date()
    roles = dict.fromkeys((*required, *newest))
    return tuple(_signed(role, role in required, newest.get(role), evidence, day) for role in roles)


def is_signed(roles: Sequence[Signed]) -> bool:
    """Say whether every required role approves and nobody rejects."""
    wanting = [one for one in roles if one.state == "rejected" or (one.required and one.state != "approved")]
    return not wanting


def _signed(role: str, required: bool, signoff: Signoff | None, evidence: str, day: date) -> Signed:
    if signoff is None:
        return Signed(role, required, "unsigned", None, "nobody has signed")
    if signoff.evidence != evidence:
        return Signed(role, required, "void", signoff, "plan, metrics or gates changed after it was signed")
    if signoff.expires and day > date.fromisoformat(signoff.expires):
        return Signed(role, required, "expired", signoff, f"it counted until {signoff.expires}")
    state: State = "approved" if signoff.decision == "approve" else "rejected"
    return Signed(role, required, state, signoff, signoff.conditions or f"evidence {evidence[:12]}")
