"""Small requests for a probe, and reward functions on disk."""

from pathlib import Path
from typing import Any

from reports.records.probe import ProbeRequest
from reports.records.run import Progress


def ignore(_: Progress) -> None:
    """Take progress and do nothing."""


def reward(folder: Path, name: str, body: str) -> str:
    """Write a module with the reward function `f` and return its import path."""
    (folder / f"{name}.py").write_text(f"import os, signal, threading\ndef f(completions, **kwargs):\n    {body}\n")
    return f"{name}:f"


def request(model: str, sources: tuple[str, ...], folder: Path, **more: Any) -> ProbeRequest:
    """Return a small request."""
    return ProbeRequest(model=model, sources=sources, folder=str(folder), **{"prompts": 5, "samples": 2, "new_tokens": 4, **more})
