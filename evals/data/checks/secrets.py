"""SEC001: keys and passwords that a model would learn by heart."""

from collections.abc import Sequence
from typing import NamedTuple

from evals.data.checks.evidence import ROWS_SHOWN, share
from evals.data.examples import Example, plain
from evals.data.keylike import KeyLike, find_key
from reports.records.data import Check, Evidence


class Secret(NamedTuple):
    """A row with something that looks like a key, and where it stands."""

    example: Example
    field: str
    key: KeyLike


def find_secrets(examples: Sequence[Example]) -> list[Secret]:
    """Return the rows that hold a key-like string, each once; what is written as a placeholder does not count."""
    return [secret for example in examples if (secret := _find(example)) is not None]


def check_secrets(examples: Sequence[Example]) -> Check:
    """Report rows with a key-like string; a single one blocks. The strings themselves are not shown."""
    return report_secrets(len(examples), find_secrets(examples))


def report_secrets(rows: int, found: Sequence[Secret]) -> Check:
    """Report what `find_secrets` found in so many rows."""
    return Check(
        code="SEC001",
        title="Secrets",
        blocking=True,
        state="fail" if found else "pass",
        value=len(found) / rows if rows else 0.0,
        limit=0.0,
        because=f"{share(len(found), rows)} rows hold what looks like a key, token or password",
        evidence=tuple(_evidence(secret) for secret in found[:ROWS_SHOWN]),
        fix="Revoke the keys, then take them out of the rows." if found else "",
    )


def _evidence(secret: Secret) -> Evidence:
    row, key = secret.example, secret.key
    return Evidence(row=row.number, excerpt=f"{row.source}: {key.kind} in {secret.field}, '{key.begins}…'")


def _find(example: Example) -> Secret | None:
    for field, text in example.fields.items():
        key = find_key(plain(text))
        if key is not None:
            return Secret(example, field, key)
    return None
