"""Which curves a training stage shows, by method, under the names TRL logs them with."""

from typing import Final, NamedTuple


class Line(NamedTuple):
    """One curve: the metric's name in `metrics.jsonl` and what it is called."""

    metric: str
    label: str


class Chart(NamedTuple):
    """One plot of up to two curves."""

    title: str
    lines: tuple[Line, ...]


def _chart(title: str, metric: str) -> Chart:
    return Chart(title, (Line(metric, "train"), Line(f"eval_{metric}", "held out")))


LOSS: Final = _chart("Loss", "loss")
MARGINS: Final = _chart("Reward margin", "rewards/margins")
ACCURACIES: Final = _chart("Reward accuracy", "rewards/accuracies")
REWARD: Final = _chart("Reward", "reward")
CHARTS: Final[dict[str, tuple[Chart, ...]]] = {
    "sft": (LOSS, _chart("Token accuracy", "mean_token_accuracy"), _chart("Entropy", "entropy")),
    "dpo": (LOSS, MARGINS, ACCURACIES),
    "kto": (LOSS, MARGINS),
    "orpo": (LOSS, MARGINS, ACCURACIES),
    "reward": (LOSS, _chart("Accuracy", "accuracy"), _chart("Margin", "margin")),
    "rloo": (LOSS, REWARD, _chart("KL", "kl")),
    "grpo": (LOSS, REWARD, _chart("Reward spread", "reward_std")),
}


def charts_of(method: str) -> tuple[Chart, ...]:
    """Return the plots of a method, the most telling first."""
    return CHARTS.get(method, (LOSS,))
