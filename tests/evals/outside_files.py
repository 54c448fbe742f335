"""Files of completions and judgements as other tools write them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def answers(count: int, suite: str = "target", text: str = "Slogan number {}") -> list[dict[str, Any]]:
    """Return rows of one suite, `{}` in the text standing for the row's number."""
    named = {} if suite == "target" else {"suite": suite}
    return [{"id": f"{suite[0]}{i}", "prompt": f"write slogan {i}", "completion": text.format(i)} | named for i in range(count)]


def judged(preferences: Mapping[str, float | None]) -> list[dict[str, Any]]:
    """Return judgements by prompt id."""
    return [{"prompt_id": name, "preference": value} for name, value in preferences.items()]


def write(path: Path, rows: Sequence[Mapping[str, Any]] | Iterable[Mapping[str, Any]]) -> Path:
    """Write JSON lines and return where."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
