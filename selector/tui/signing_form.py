"""The sheet that is signed: verdict, digest of the evidence, and the roles with what their signatures are worth."""

from typing import Final, NamedTuple

from textual.content import Content

from reports.records.gates import Gates
from reports.rundir import RunDir
from reports.signoffs import Signed, evidence_digest, signed_roles
from reports.wording import visible
from selector.signing import told
from selector.tui.side_by_side import hanging
from selector.tui.wording import STYLES, VERDICTS, Tone

TONES: Final[dict[str, Tone]] = {"approved": "good", "rejected": "bad", "void": "bad", "expired": "open", "unsigned": "open"}
QUIET: Final = STYLES["quiet"]


class Sheet(NamedTuple):
    """What a person signs."""

    verdict: str | None
    evidence: str
    """Digest of plan, metrics and gates."""
    roles: tuple[Signed, ...]

    @property
    def next_role(self) -> str:
        """The first required role that still has to approve; empty where none has."""
        return next((one.role for one in self.roles if one.required and one.state != "approved"), "")


def read_sheet(run: RunDir) -> Sheet:
    """Return the sheet as it stands; MissingError where the run is not decided yet."""
    evidence = evidence_digest(run)
    return Sheet(run.read(Gates).verdict, evidence, signed_roles(run))


def sheet_text(sheet: Sheet, width: int) -> Content:
    """Return the sheet as text."""
    verdict = Content.assemble(("Verdict   ", QUIET), VERDICTS[sheet.verdict].content)
    evidence = _field("Evidence", Content(f"{sheet.evidence[:12]}, of plan, metrics and gates; a change of one voids signatures"))
    lines = [verdict, *(hanging(*part, width) for part in (evidence, *(_role(one) for one in sheet.roles)))]
    if not sheet.roles:
        lines.append(
            hanging(*_field("Roles", Content("the policy asks for none, and nobody has signed; sign as whom you like")), width)
        )
    return Content("\n").join(lines)


def _role(one: Signed) -> tuple[Content, Content]:
    sign, _, words = visible(told(one)).partition(" ")
    return Content.styled(f"          {sign} ", STYLES[TONES[one.state]]), Content(words)


def _field(name: str, text: Content) -> tuple[Content, Content]:
    return Content.styled(f"{name:<10}", QUIET), text
