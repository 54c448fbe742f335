"""Rewards by a trained reward model."""

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from evals.rewards.answers import Rewarder, read_answers
from evals.rewards.calling import Rewards
from evals.rewards.kinds import Kind, Option, Settings
from reports.errors import MissingError, UsageError
from reports.records.evaluation import Message

if TYPE_CHECKING:
    from evals.judges.reward_model import RewardJudge

Answered = tuple[Any, str]


def build(settings: Settings) -> Rewarder:
    """Return the model's score; None where it gives no finite number, for a failed score is missing.

    The score has no unit and no bounds: only differences between answers to one prompt mean something. With `squash`
    it goes through a sigmoid into 0 to 1, which keeps it from drowning other rewards. The model is loaded on the first call.
    """
    load = _loader(settings)
    squash = settings.flag("squash")

    def reward(completions: Sequence[Any], **given: Any) -> Rewards:
        from evals.judges.reward_model import Answered, preference

        answers = read_answers(completions, **given)
        scores = load().score([Answered(_prompt(answer.prompt), answer.text) for answer in answers])
        return [preference(0.0, score) for score in scores] if squash else scores

    return reward


def _loader(settings: Settings) -> "Callable[[], RewardJudge]":
    name, base = settings.text("model"), settings.text("base")
    stages = settings.place.models
    folder = stages.get(name) or settings.place.path(name)
    if not folder.is_dir() and name not in stages:
        known = f" Stages that train one: {', '.join(sorted(stages))}." if stages else ""
        raise UsageError(f"{settings.title}: model={name}: no such folder or stage.{known} Give the folder of a reward model.")

    @cache
    def load() -> "RewardJudge":
        from evals.judges.reward_model import load_judge
        from evals.model_source import inspect_model
        from evals.models import load_tokenizer

        ref = inspect_model(base or _base_of(folder))
        return load_judge(ref, folder, load_tokenizer(ref, messages=True).tokenizer)

    return load


def _base_of(folder: Path) -> str:
    """Return the model that an adapter was trained on, else the folder itself."""
    config = folder / "adapter_config.json"
    if not config.is_file():
        return str(folder)
    try:
        return str(json.loads(config.read_text(encoding="utf-8"))["base_model_name_or_path"])
    except (OSError, ValueError, KeyError) as error:
        raise MissingError(f"{config}: it names no base model ({error}). Give the base with base=FOLDER.") from error


def _prompt(prompt: Any) -> str | tuple[Message, ...]:
    if isinstance(prompt, str):
        return prompt
    return tuple(Message(role=turn["role"], content=str(turn.get("content") or "")) for turn in prompt)


KIND: Final = Kind(
    "reward-model",
    "the score of a reward model, without bounds; 0 to 1 with `squash`",
    "accuracy",
    (
        Option("model", None, "folder of a reward model, or the stage that trains one", required=True),
        Option("base", None, "base of an adapter, where its own file does not say so"),
        Option("squash", False, "bring the score into 0 to 1"),
    ),
    build,
)
