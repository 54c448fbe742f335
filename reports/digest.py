"""Content digests: what was trained on, measured with and signed must be nameable."""

import hashlib
from pathlib import Path


def text_digest(*parts: str) -> str:
    """Return the sha256 hex digest of the parts, separated unambiguously."""
    found = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "big"))
        found.update(data)
    return found.hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
