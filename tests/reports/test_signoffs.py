"""Sign-offs: a signature counts under the evidence it was put, for as long as it was meant to."""

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from reports.html import write_report
from reports.records.gates import Gates
from reports.records.review import Signoff
from reports.rundir import RunDir
from reports.signoffs import Signed, evidence_digest, is_signed, signed_roles
from tests.reports.page import Page
from tests.reports.sample_run import build_sample_run

TODAY = date(2030, 5, 1)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """Return a passed run whose policy asks for two signatures."""
    found = build_sample_run(tmp_path, "go")
    found.write(replace(found.read(Gates), signoffs=("owner", "safety")))
    return found


def sign(run: RunDir, role: str, **changes: str) -> None:
    line = Signoff(at="2030-04-30T12:00:00Z", role=role, name="Ada", decision="approve", evidence=evidence_digest(run))
    run.signoffs.append(replace(line, **changes))


def states(run: RunDir) -> dict[str, str]:
    return {one.role: one.state for one in signed_roles(run, TODAY)}


def test_required_roles_are_unsigned_until_somebody_signs(run: RunDir) -> None:
    assert states(run) == {"owner": "unsigned", "safety": "unsigned"}
    sign(run, "owner")
    assert states(run) == {"owner": "approved", "safety": "unsigned"}
    assert not is_signed(signed_roles(run, TODAY))
    sign(run, "safety")
    assert is_signed(signed_roles(run, TODAY))


def test_changed_evidence_voids_a_signature(run: RunDir) -> None:
    sign(run, "owner")
    run.write(replace(run.read(Gates), next_step="Something else."))
    assert states(run)["owner"] == "void"


def test_a_signature_counts_through_its_last_day(run: RunDir) -> None:
    sign(run, "owner", expires="2030-05-01")
    assert states(run)["owner"] == "approved"
    sign(run, "owner", expires="2030-04-30")
    assert states(run)["owner"] == "expired"


def test_one_rejection_outweighs_all_approvals_even_of_a_role_nobody_asked(run: RunDir) -> None:
    for role in ("owner", "safety"):
        sign(run, role)
    sign(run, "legal", decision="reject")
    assert states(run)["legal"] == "rejected"
    assert not is_signed(signed_roles(run, TODAY))


def test_the_newest_word_of_a_role_counts(run: RunDir) -> None:
    sign(run, "owner", decision="reject")
    sign(run, "owner")
    assert states(run)["owner"] == "approved"


def test_the_report_shows_who_signed_and_who_did_not(run: RunDir) -> None:
    sign(run, "owner", name="<script>alert(1)</script>", conditions="only in drafts")
    html = write_report(run).read_text("utf-8")
    assert "<script" not in html
    text = Page(html).text()
    assert "only in drafts" in text
    assert "unsigned" in text
    assert "safety: unsigned" in text, "the risk register names what is missing"


def test_nothing_is_required_where_the_policy_asks_for_nothing() -> None:
    assert is_signed(())
    assert is_signed((Signed("owner", False, "void", None, ""),))
