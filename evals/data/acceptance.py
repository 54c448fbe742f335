"""Failed checks that somebody takes responsibility for."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from reports.errors import UsageError
from reports.records.data import Check
from reports.records.plan import Acceptance

ELSEWHERE: Final = ("PRE", "RWD")
"""How codes begin of checks that are no data checks: of trainers and of rewards."""


def of_data(accepted: Sequence[Acceptance]) -> tuple[Acceptance, ...]:
    """Return what is accepted of the data."""
    return tuple(one for one in accepted if not one.code.startswith(ELSEWHERE))


def accept(checks: Sequence[Check], accepted: Sequence[Acceptance]) -> tuple[Check, ...]:
    """Return the checks, those that failed and were accepted with the reason and the name given.

    Raises:
        UsageError: an accepted code is that of no check.
    """
    codes = [check.code for check in checks]
    by_code = {acceptance.code: acceptance for acceptance in accepted}
    unknown = sorted(set(by_code).difference(codes))
    if unknown:
        raise UsageError(f"--accept {unknown[0]}: no check has this code. Codes: {', '.join(codes)}.")
    return tuple(_accept(check, by_code[check.code]) if check.code in by_code else check for check in checks)


def _accept(check: Check, acceptance: Acceptance) -> Check:
    return replace(check, accepted_because=acceptance.because, accepted_by=acceptance.by) if check.state == "fail" else check
