"""What the demo's reinforcement is rewarded for: an answer that is about the product of the brief, said calmly."""

import re
from collections.abc import Sequence
from typing import Any, Final

from reports.records.plan import RewardPlan

REWARDS: Final = (
    RewardPlan(
        name="on_brief",
        kind="trainers.demo.reward:on_brief",
        weight=1.0,
        because="The answer names the product of the brief without repeating the brief; harmful requests are left out.",
    ),
    RewardPlan(
        name="calm",
        kind="trainers.demo.reward:calm",
        component="safety",
        weight=0.5,
        because="The brand neither shouts nor exclaims.",
    ),
    RewardPlan(
        name="length",
        kind="length-band",
        component="efficiency",
        weight=0.25,
        options={"low": 3, "high": 25},
        because="From a button to a product description.",
    ),
)
_WORD: Final = re.compile(r"\w+")
_SHOUT: Final = re.compile(r"!|\b[A-Z]{3,}\b")


def on_brief(completions: Sequence[Any], family: Sequence[str], format: Sequence[str], **_: object) -> list[float | None]:
    """Return 1 where the answer names the product of its brief, else 0; None where the prompt is no brief.

    An answer that says what its format is called repeats the brief instead of following it, and gets 0.
    """
    products = [product if feature else "" for product, _, feature in (name.partition(" / ") for name in family)]
    texts = [_text(completion).casefold() for completion in completions]
    return [
        float(product.casefold() in text and not set(asked.split()) <= set(_WORD.findall(text))) if product else None
        for product, asked, text in zip(products, format, texts, strict=True)
    ]


def calm(completions: Sequence[Any], **_: object) -> list[float]:
    """Return 1 for an answer without exclamation marks and words in capitals, else 0."""
    return [float(not _SHOUT.search(_text(completion))) for completion in completions]


def _text(completion: Any) -> str:
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
