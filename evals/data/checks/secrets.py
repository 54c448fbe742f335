"""SEC001: keys and passwords that a model would learn by heart."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from evals.data.checks.evidence import ROWS_SHOWN, share
from evals.data.examples import Example, plain
from reports.records.data import Check, Evidence

KINDS: Final = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})",
    "GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "Google API key": r"\bAIza[A-Za-z0-9_-]{35}",
    "Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{16,}",
    "model provider key": r"\b(?:sk-(?=[A-Za-z0-9_-]*\d)[A-Za-z0-9_-]{32,}|hf_[A-Za-z0-9]{30,})",
    "signed web token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "password in an address": r"\b[a-z][a-z0-9+.-]{1,15}://[^\s/:@]{1,60}:[^\s/:@]{3,60}@",
}
_PATTERN: Final = re.compile("|".join(f"(?P<k{place}>{pattern})" for place, pattern in enumerate(KINDS.values())))
_PLACEHOLDER: Final = re.compile(r"example|xxxx|password@|pass@|<|\*\*\*|\{", re.IGNORECASE)
SHOWN_CHARACTERS: Final = 4


class Secret(NamedTuple):
    """A row with something that looks like a key; only its beginning is kept."""

    example: Example
    field: str
    kind: str
    begins: str


def find_secrets(examples: Sequence[Example]) -> list[Secret]:
    """Return the rows that hold a key-like string, each once; what is written as a placeholder does not count."""
    return [secret for example in examples if (secret := _find(example)) is not None]


def hide_secrets(text: str) -> str:
    """Return the text with only the beginning of each key-like string."""
    return _PATTERN.sub(lambda match: f"{match.group()[:SHOWN_CHARACTERS]}…", text)


def check_secrets(examples: Sequence[Example]) -> Check:
    """Report rows with a key-like string; a single one blocks. The strings themselves are not shown."""
    found = find_secrets(examples)
    return Check(
        code="SEC001",
        title="Secrets",
        blocking=True,
        state="fail" if found else "pass",
        value=len(found) / len(examples) if examples else 0.0,
        limit=0.0,
        because=f"{share(len(found), len(examples))} rows hold what looks like a key, token or password",
        evidence=tuple(
            Evidence(
                row=secret.example.number, excerpt=f"{secret.example.source}: {secret.kind} in {secret.field}, '{secret.begins}…'"
            )
            for secret in found[:ROWS_SHOWN]
        ),
        fix="Revoke the keys, then take them out of the rows." if found else "",
    )


def _find(example: Example) -> Secret | None:
    for field, text in example.fields.items():
        for match in _PATTERN.finditer(plain(text)):
            if not _PLACEHOLDER.search(match.group()):
                kind = list(KINDS)[int(str(match.lastgroup)[1:])]
                return Secret(example, field, kind, match.group()[:SHOWN_CHARACTERS])
    return None
