"""What a preflight check is: data. A code, what it needs, and a function; where a need is not met, the check is skipped."""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from reports.errors import TunegateError
from reports.records.data import Check, CheckState
from trainers.preflight.subject import Subject

log = logging.getLogger("tunegate")


class Finding(NamedTuple):
    """What a check saw."""

    state: CheckState
    because: str
    value: float | None = None
    limit: float | None = None
    fix: str = ""


class Need(NamedTuple):
    """Something that a check cannot do without."""

    is_met: Callable[[Subject], bool]
    lacking: str
    """Why the check is skipped without it."""


class Rule(NamedTuple):
    """One check."""

    code: str
    title: str
    look: Callable[[Subject], Finding]
    needs: tuple[Need, ...] = ()
    blocking: bool = False
    is_costly: bool = False
    """Only `tunegate preflight` looks; a run does not wait for it."""


ONLY_THOROUGH = "it takes too long for a run; `tunegate preflight` looks"


def look(rules: Sequence[Rule], subject: Subject) -> tuple[Check, ...]:
    """Return the checks of all rules in their order; one that breaks warns instead of ending the run."""
    return tuple(_check(rule, _find(rule, subject)) for rule in rules)


def _find(rule: Rule, subject: Subject) -> Finding:
    lacking = next((need.lacking for need in rule.needs if not need.is_met(subject)), "")
    if lacking:
        return Finding("skipped", lacking)
    if rule.is_costly and not subject.is_thorough:
        return Finding("skipped", ONLY_THOROUGH)
    try:
        return rule.look(subject)
    except TunegateError as error:
        return Finding("skipped", str(error))
    except Exception as error:
        log.exception("%s could not look.", rule.code)
        return Finding("warn", f"the check itself broke ({type(error).__name__}: {str(error)[:200]})", fix="Read the log.")


def _check(rule: Rule, found: Finding) -> Check:
    return Check(
        code=rule.code,
        title=rule.title,
        blocking=rule.blocking,
        state=found.state,
        value=found.value,
        limit=found.limit,
        because=found.because,
        fix=found.fix if found.state in ("warn", "fail") else "",
    )
