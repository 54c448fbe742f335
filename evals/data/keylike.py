"""Strings that look like keys, tokens and passwords, and how to show a text without them."""

import re
from typing import Final, NamedTuple

KINDS: Final = {
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----[A-Za-z0-9+/=\s]*",
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


class KeyLike(NamedTuple):
    """One such string; only its beginning is kept."""

    kind: str
    begins: str


def find_key(text: str) -> KeyLike | None:
    """Return the first key-like string of a text; what is written as a placeholder does not count."""
    for match in _PATTERN.finditer(text):
        if not _PLACEHOLDER.search(match.group()):
            return KeyLike(list(KINDS)[int(str(match.lastgroup)[1:])], match.group()[:SHOWN_CHARACTERS])
    return None


def hide_secrets(text: str) -> str:
    """Return the text with only the beginning of each key-like string."""
    return _PATTERN.sub(lambda match: f"{match.group()[:SHOWN_CHARACTERS]}…", text)
