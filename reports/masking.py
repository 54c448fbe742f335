"""Keep secrets and home folders out of what is stored and shared."""

import re
from collections.abc import Sequence
from pathlib import Path

_SECRET_FLAG = re.compile(r"(?i)^--?[\w-]*(token|secret|password|api[-_]?key)$")
_SECRET_ASSIGNED = re.compile(r"(?i)\b([\w-]*(?:token|secret|password|api[-_]?key))=(\S+)")
_SECRET_SHAPE = re.compile(r"\b(?:hf_|sk-|gh[pousr]_|xox[bap]-|AKIA)[A-Za-z0-9_-]{8,}")


def mask_argv(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the command line with secrets as `***` and the home folder as `~`."""
    masked: list[str] = []
    hide_next = False
    for word in argv:
        masked.append("***" if hide_next else mask_text(word))
        hide_next = bool(_SECRET_FLAG.match(word))
    return tuple(masked)


def mask_text(text: str) -> str:
    """Return the text with token-like strings as `***` and the home folder as `~`."""
    text = _SECRET_ASSIGNED.sub(r"\1=***", text)
    text = _SECRET_SHAPE.sub("***", text)
    home = str(Path.home())
    return text if home in ("", "/") else text.replace(home, "~")
