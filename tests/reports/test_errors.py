"""Errors: the exit codes are an API."""

import pytest

from reports import errors
from reports.errors import TunegateError

EXITS = {
    "UsageError": 2,
    "DataError": 2,
    "SchemaError": 2,
    "MissingError": 3,
    "StorageError": 3,
    "StageError": 4,
    "BlockedError": 1,
    "InterruptedRunError": 130,
}


def children() -> list[type[TunegateError]]:
    """Return every error of the module."""
    return [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, TunegateError)]


def test_exit_codes_are_what_scripts_rely_on() -> None:
    assert {found.__name__: found.exit_code for found in children() if found is not TunegateError} == EXITS


def test_machine_readable_codes_are_unique() -> None:
    codes = [found.code for found in children() if found is not TunegateError]

    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(("verdict", "code"), [("go", 0), ("no-go", 1), ("inconclusive", 5)])
def test_each_verdict_has_its_exit(verdict: str, code: int) -> None:
    assert errors.VERDICT_EXITS[verdict] == code
