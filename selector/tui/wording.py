"""What the app calls things: signs with words for every state, titles of strategies and stages, and ages."""

from datetime import datetime
from typing import Final, Literal, NamedTuple

from textual.content import Content

Tone = Literal["good", "bad", "open", "quiet", "accent", "plain"]
STYLES: Final[dict[Tone, str]] = {
    "good": "$text-success",
    "bad": "$text-error",
    "open": "$text-warning",
    "quiet": "$foreground-muted",
    "accent": "$primary",
    "plain": "$foreground",
}


class Sign(NamedTuple):
    """A state as people see it: never by colour alone."""

    mark: str
    word: str
    tone: Tone

    @property
    def text(self) -> str:
        """The sign with its word."""
        return f"{self.mark} {self.word}"

    @property
    def content(self) -> Content:
        """The sign with its word, in the colour of its tone."""
        return Content.styled(self.text, STYLES[self.tone])


VERDICTS: Final[dict[str | None, Sign]] = {
    "go": Sign("✓", "go", "good"),
    "no-go": Sign("✗", "no-go", "bad"),
    "inconclusive": Sign("?", "inconclusive", "open"),
    None: Sign("·", "none", "quiet"),
}
STATUSES: Final[dict[str, Sign]] = {
    "created": Sign("·", "created", "quiet"),
    "running": Sign("●", "running", "accent"),
    "vanished": Sign("!", "vanished", "bad"),
    "stopped": Sign("‖", "stopped", "open"),
    "failed": Sign("✗", "failed", "bad"),
    "damaged": Sign("!", "damaged", "bad"),
    "done": Sign("✓", "done", "good"),
    "waiting": Sign("·", "waiting", "quiet"),
}
GATES: Final[dict[str, Sign]] = {
    "pass": Sign("✓", "pass", "good"),
    "fail": Sign("✗", "fail", "bad"),
    "unresolved": Sign("?", "unresolved", "open"),
    "broken": Sign("!", "broken", "bad"),
}
CONFIDENCE: Final[dict[str, Sign]] = {
    "clear": Sign("●●●", "clear", "good"),
    "leaning": Sign("●●○", "leaning", "accent"),
    "open": Sign("●○○", "open", "open"),
}
STRATEGIES: Final[dict[str, str]] = {
    "prompt": "Prompting",
    "retrieval": "Retrieval",
    "sft": "SFT",
    "sft+dpo": "SFT → DPO",
    "dpo": "DPO",
    "kto": "KTO",
    "sft+kto": "SFT → KTO",
    "orpo": "ORPO",
    "rlhf": "RLHF",
    "rft": "RFT",
    "sft+rft": "SFT → RFT",
}
AXES: Final[dict[str, str]] = {
    "data": "Data availability",
    "alignment": "Alignment depth",
    "safety": "Safety",
    "compute": "Compute",
}
STAGES: Final[dict[str, str]] = {
    "data": "Data checks",
    "judge": "Judge",
    "rewards": "Reward dry run",
    "measure": "Measure",
    "gates": "Gates",
    "report": "Report",
}
METHODS: Final[dict[str, str]] = {"reward": "Reward model", "grpo": "GRPO", "rloo": "RLOO"}


def stage_title(name: str) -> str:
    """Return the title of a stage of `run.json`, for example `SFT` for `train/1-sft`."""
    if name in STAGES:
        return STAGES[name]
    method = name.rpartition("-")[2]
    return METHODS.get(method, method.upper())


def age(created_at: str, now: float) -> str:
    """Return how long ago a UTC time was, in its largest unit; empty where the time is not known.

    Args:
        created_at: ISO 8601, for example `2026-11-20T21:45:00Z`.
        now: Unix time in seconds.
    """
    try:
        seconds = now - datetime.fromisoformat(created_at).timestamp()
    except ValueError:
        return ""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}" if seconds >= 1.5 * size else f"1 {unit}"
    return "now"


def clock(seconds: float) -> str:
    """Return a time span as `m:ss` or `h:mm:ss`."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def percent(share: float) -> str:
    """Return a probability as a whole percentage that is 0 or 100 only where it is."""
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return ">99 %"
    return f"{share * 100:.0f} %"
