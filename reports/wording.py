"""How numbers, intervals and other people's text are written in a report."""

import math
import re
from typing import Final

from reports.records.gates import Estimate, GateResult
from reports.records.intake import Value

NOT_MEASURED: Final = "not measured"
SHARES: Final = frozenset({"rate", "share", "probability", "proportion", "fraction"})
"""Units that are shown as percentages, and whose differences are percentage points."""
EVEN: Final = 0.5
"""The win rate of two equal models."""
LONGEST_TEXT: Final = 4000
"""Characters of one text that a report shows."""

INFORMS: Final = "for information"
SIGNS: Final = {"pass": "✓", "fail": "✗", "unresolved": "?", "broken": "!", INFORMS: "·"}
METHODS: Final = {
    "sft": "supervised fine-tuning",
    "dpo": "direct preference optimisation",
    "kto": "Kahneman-Tversky optimisation",
    "orpo": "odds-ratio preference optimisation",
    "reward": "reward model",
    "rloo": "reinforcement learning, leave-one-out",
    "grpo": "reinforcement learning, group-relative",
}

PARAMETERS: Final = {
    "full": "all weights",
    "lora": "a LoRA adapter: small matrices beside the frozen weights",
    "qlora": "a LoRA adapter on weights held in 4 bits (QLoRA)",
    "none": "nothing",
}
TELLING: Final = {
    "train_loss": ("Training loss, mean", ""),
    "eval_loss_before": ("Held-out loss before", ""),
    "eval_loss": ("Held-out loss after", ""),
    "eval_accuracy": ("Held-out pairs told right", "share"),
    "eval_rewards/accuracies": ("Held-out pairs told right", "share"),
    "reward": ("Reward, mean of the last steps", ""),
    "win_rate": ("Win rate over the start of the stage", "share"),
    "rows": ("Rows", ""),
    "tokens": ("Tokens read", ""),
    "trainable_parameters": ("Weights trained", ""),
}
"""Final figures of a stage that are shown first: what they are called, and their unit."""

_SPELLING: Final = {
    "gib": "GiB",
    "kl": "KL",
    "gpu": "GPU",
    "gpus": "GPUs",
    "lora": "LoRA",
    "eval": "evaluation",
    "ram": "RAM",
    "b": "(billions)",
    "ab": "A/B",
    "sft": "SFT",
}
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return the text with unseen characters named and an overlong end cut off with a note.

    Controls, direction overrides and lone surrogates can make a page read differently from what a model wrote.
    """
    shown = _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text[:LONGEST_TEXT].replace("\r\n", "\n"))
    left_out = len(text) - LONGEST_TEXT
    return shown if left_out <= 0 else f"{shown} […] (cut: {left_out:,} of {len(text):,} characters are not shown)"


def number(value: float | None, unit: str = "") -> str:
    """Return a number with its unit; shares become percentages, None becomes `not measured`."""
    if value is None or not math.isfinite(value):
        return NOT_MEASURED
    if unit in SHARES:
        return f"{_trimmed(value * 100, 1)} %"
    return f"{_figure(value)} {unit}".strip()


def change(value: float | None, unit: str = "") -> str:
    """Return a difference with its sign; differences of shares are percentage points."""
    if value is None or not math.isfinite(value):
        return NOT_MEASURED
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    size = f"{_trimmed(abs(value) * 100, 1)} points" if unit in SHARES else f"{_figure(abs(value))} {unit}".strip()
    return f"{sign}{size}"


def interval(estimate: Estimate, unit: str = "", signed: bool = False) -> str:
    """Return `low to high` of an estimate in its unit, `not measured` where an end is missing."""
    if estimate.low is None or estimate.high is None:
        return NOT_MEASURED
    write = change if signed else number
    low, high = write(estimate.low, unit), write(estimate.high, unit)
    shared = shared_unit(unit, signed)
    return high if low == high == write(0.0, unit) else f"{low.removesuffix(shared)} to {high}"


def margin(gate: GateResult) -> str:
    """Return what a gate demands, in words."""
    if gate.kind == "inform":
        return "nothing"
    if is_preference(gate):
        return f"more than {number(EVEN + (gate.margin if gate.kind == 'superiority' else -gate.margin), gate.unit)}"
    better, worse = ("higher", "lower") if gate.direction == "higher" else ("lower", "higher")
    if gate.margin == 0 and gate.kind != "limit":
        return f"any gain ({better})" if gate.kind == "superiority" else f"not {worse}"
    size = number(gate.margin, gate.unit) if gate.kind == "limit" else change(abs(gate.margin), gate.unit).lstrip("+")
    if gate.kind == "limit":
        return f"{'at most' if gate.direction == 'lower' else 'at least'} {size}"
    return f"at least {size} {better}" if gate.kind == "superiority" else f"at most {size} {worse}"


def is_preference(gate: GateResult) -> bool:
    """Say whether the gate is on a judge's preference, whose value already compares both sides and is even at one half."""
    return gate.metric.startswith("win_rate")


def baseline(gate: GateResult) -> str:
    """Return the baseline's figure; in a preference the baseline is the opponent, and even means half."""
    return "even: 50 %" if is_preference(gate) else number(gate.baseline.value, gate.unit)


def duration(seconds: float | None) -> str:
    """Return a time span in its two largest units."""
    if seconds is None:
        return NOT_MEASURED
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def setting(value: Value) -> str:
    """Return a value of a plan or intake as people write it."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    return f"{value:.6g}" if isinstance(value, float) else value


def words(name: str) -> str:
    """Return an identifier as words, abbreviations as the field writes them."""
    return " ".join(_SPELLING.get(word, word) for word in name.replace("_", " ").split())


def sentence_case(name: str) -> str:
    """Return an identifier as words with a capital first letter."""
    text = words(name)
    return text[:1].upper() + text[1:]


def moment(at: str | None) -> str:
    """Return an ISO 8601 time in UTC as people read it: day, hour and minute."""
    return NOT_MEASURED if at is None else re.sub(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::[\d.]+)?Z$", r"\1 \2 UTC", at)


def state_of(gate: GateResult) -> str:
    """Return the gate's state; one that only informs and did not break is called `for information`."""
    return INFORMS if gate.kind == "inform" and gate.state == "pass" else gate.state


def _figure(value: float) -> str:
    """Return three significant figures, whole numbers whole."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6 or size < 1e-4:
        return f"{value:,.0f}" if size >= 1e6 and value == round(value) else f"{value:.3g}"
    return _trimmed(value, max(0, 2 - math.floor(math.log10(size))))


def _trimmed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if "." in text else text


def shared_unit(unit: str, signed: bool) -> str:
    """Return what both ends of an interval are written with, which is said once."""
    if unit in SHARES:
        return " points" if signed else " %"
    return f" {unit}" if unit else ""
