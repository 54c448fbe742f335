"""A reward model as the judge of several answers."""

import json
from collections.abc import Sequence
from pathlib import Path

from evals.judges.reward_model import HEAD, Answered, load_judge, preference
from evals.model_source import inspect_model
from evals.pairs.ranking import Compared, Group, pairs_to_compare
from evals.pairs.samples import Tell
from reports.errors import MissingError

CHUNK = 64
"""Groups scored between two signs of progress."""


def compare_by_reward(groups: Sequence[Group], folder: str, tell: Tell) -> list[Compared]:
    """Score every answer once; the lead is twice the Bradley-Terry probability of the first, less one.

    Args:
        groups: answers to be judged.
        folder: a sequence classification model with one output, or an adapter with its scoring head, as a run's judge is.
        tell: told how many groups are done.

    Raises:
        MissingError: there is no such judge, or its head was never trained.
    """
    from evals.models import load_tokenizer

    place = judge_folder(folder)
    base, own = base_of(place), str(place)
    has_messages = any(not isinstance(group.asked.prompt, str) for group in groups)
    judge = load_judge(inspect_model(base or own), place, load_tokenizer(own, has_messages).tokenizer)
    found: list[Compared] = []
    for start in range(0, len(groups), CHUNK):
        tell("Scoring answers", start, len(groups))
        part = groups[start : start + CHUNK]
        scores = iter(judge.score([Answered(group.asked.prompt, one.text) for group in part for one in group.answers]))
        found += [_compare(group, [next(scores) for _ in group.answers]) for group in part]
    return found


def judge_folder(folder: str) -> Path:
    """Return the folder that holds the judge: this one, or `adapter` in it, as a run leaves it.

    Raises:
        MissingError: neither holds a reward model whose head was trained.
    """
    place = Path(folder).expanduser()
    for path in (place, place / "adapter", place / "model"):
        if (path / "adapter_config.json").is_file():
            return path
        if (path / "config.json").is_file():
            _check_head(path)
            return path
    raise MissingError(f"{folder}: holds no reward model. Give the folder of a run's judge, for example RUN/evals/judge.")


def _compare(group: Group, scores: Sequence[float | None]) -> Compared:
    leads = {}
    for first, second in pairs_to_compare(group):
        chance = preference(scores[second], scores[first])
        if chance is not None:
            leads[first, second] = 2 * chance - 1
    return Compared(leads, "" if None not in scores else "the judge gave no finite score")


def base_of(place: Path) -> str:
    """Return the base model that an adapter names; empty: the folder holds a whole model."""
    try:
        return str(json.loads((place / "adapter_config.json").read_bytes())["base_model_name_or_path"])
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingError(
            f"{place.name}/adapter_config.json: names no base model ({error!r}). Train the judge again."
        ) from error


def _check_head(place: Path) -> None:
    """Raise MissingError where no weight belongs to a scoring head: loading would make one up at random."""
    from safetensors import SafetensorError, safe_open

    names: list[str] = []
    for file in sorted(place.glob("*.safetensors")):
        try:
            with safe_open(str(file), framework="pt") as weights:
                names += weights.keys()
        except (OSError, SafetensorError) as error:
            raise MissingError(
                f"{place.name}/{file.name}: the weights cannot be read ({error}). Copy the judge again."
            ) from error
    if not any(part in name for name in names for part in (HEAD, "classifier")):
        raise MissingError(
            f"{place}: this model has no trained '{HEAD}' layer, so it is no reward model. Give one that was trained to score."
        )
