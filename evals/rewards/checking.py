"""The step before reinforcement: sample answers of the model as it is, and try the rewards on them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import msgspec

from evals.greedy import fit_context
from evals.probing.bench import encode_prompts
from evals.probing.rows import Asked
from evals.probing.sampling import Drawn, Ids, Speaker, prepare_speaker
from evals.rewards.dry_run import dry_run
from evals.rewards.groups import Group, score
from evals.rewards.library import Reward
from evals.rewards.limits import Limits
from reports.errors import DataError, StageError
from reports.records.plan import ModelRef
from reports.records.rewards import RewardCheck, RewardSplit

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

STAGE: Final = "rewards"
HELD_OUT_SHARE: Final = 4
"""One held-out prompt for this many training prompts."""
TRIED: Final = 4
"""Prompts on which the rewards are called before the model is loaded."""


class Shows(Protocol):
    """What progress is told to."""

    def begin(self, stage: str, title: str, total: int | None, unit: str) -> None: ...

    def advance(self, done: int) -> None: ...


class Sampling(NamedTuple):
    """How answers are drawn for the dry run."""

    prompts: int = 32
    samples: int = 8
    """Answers to each prompt, at temperature 1."""
    new_tokens: int = 128
    """At most half of the model's context."""
    batch_tokens: int = 8192
    seed: int = 0


def check_rewards(
    model: ModelRef | str,
    prompts: Sequence[Asked],
    rewards: Sequence[Reward],
    progress: Shows,
    *,
    trained: Path | None = None,
    held_out: Sequence[Asked] = (),
    evaluation: Sequence[Reward] = (),
    sampling: Sampling | None = None,
    limits: Limits | None = None,
) -> RewardCheck:
    """Sample answers of the model that reinforcement would start from, and try the rewards on them.

    The rewards are called on a few known texts before the model is loaded, so that a mistake shows in seconds.

    Args:
        model: the base.
        prompts: to learn from, in the order in which they are taken; `prompts.from_rows` makes them from prepared rows.
        rewards: what training would learn from.
        progress: a ProgressLog, or anything like it.
        trained: adapter, or whole model, of the stage before; None: the base itself.
        held_out: prompts that are not trained on; a quarter as many are sampled.
        evaluation: a separate reward to compare with.
        sampling: how many answers, and how long; None: the defaults.
        limits: what must be kept; None: the defaults.

    Raises:
        UsageError: a reward fails, or needs a column that the data do not have.
        MissingError: the model cannot be loaded.
        DataError: there is no prompt that the model can be asked.
        StageError: no answer could be sampled.
    """
    drawing = sampling or Sampling()
    if not prompts:
        raise DataError("There is no prompt to try the rewards on. Give rows with a `prompt`.")
    _try(prompts, [*rewards, *evaluation])
    progress.begin(STAGE, "Loading the model", None, "")
    speaker, room, notes = _speaker(model, trained, drawing, prompts)
    groups, said = _sample(speaker, room, prompts, drawing, "train", progress)
    if held_out:
        fewer = drawing._replace(prompts=max(1, drawing.prompts // HELD_OUT_SHARE))
        more, also = _sample(speaker, room, held_out, fewer, "held-out", progress)
        groups, said = [*groups, *more], [*said, *also]
    progress.begin(STAGE, "Trying the rewards", None, "")
    found = dry_run(groups, rewards, evaluation, limits, lambda text: _encode(speaker, text))
    return msgspec.structs.replace(found, settings=dict(drawing._asdict()), notes=tuple(dict.fromkeys([*notes, *said])))


def _try(prompts: Sequence[Asked], rewards: Sequence[Reward]) -> None:
    """Call every reward once on answers of the data, so that what is wrong with it shows before anything is sampled."""
    tried = list(prompts[:TRIED])
    score(rewards, tried, [Drawn(one.reference or "An answer.", (), "stop") for one in tried])


def _speaker(
    model: ModelRef | str, trained: Path | None, drawing: Sampling, prompts: Sequence[Asked]
) -> tuple[Speaker, int, tuple[str, ...]]:
    from evals.model_source import inspect_model
    from evals.models import load_tokenizer

    ref = inspect_model(model) if isinstance(model, str) else model
    loaded = load_tokenizer(ref, messages=any(not isinstance(one.prompt, str) for one in prompts))
    new_tokens, room = fit_context(drawing.new_tokens, ref.context_length)
    notes = list(loaded.notes)
    if new_tokens < drawing.new_tokens:
        notes.append(f"Answers end after {new_tokens} tokens, not {drawing.new_tokens}: half of the model's context.")
    speaker = prepare_speaker(_load(ref, trained), loaded.tokenizer, new_tokens, drawing.batch_tokens, drawing.seed)
    return speaker, room, tuple(notes)


def _load(model: ModelRef, trained: Path | None) -> "PreTrainedModel | PeftModel":
    from evals.models import load_base, load_candidate

    if trained is None:
        return load_base(model).eval()
    is_whole = (trained / "config.json").is_file() and not (trained / "adapter_config.json").is_file()
    return load_base(str(trained)).eval() if is_whole else load_candidate(model, trained)


def _sample(
    speaker: Speaker, room: int, prompts: Sequence[Asked], drawing: Sampling, split: RewardSplit, progress: Shows
) -> tuple[list[Group], list[str]]:
    encoded = encode_prompts(speaker.tokenizer, ((one, one.prompt) for one in prompts), room, drawing.prompts)
    if not encoded.ids:
        raise DataError(f"None of {len(prompts):,} prompts can be asked: the chat template refuses them.")
    progress.begin(STAGE, f"Sampling answers ({split})", len(encoded.ids), "prompts")
    answered = speaker.sample(encoded.ids, drawing.samples, progress.advance)
    groups = [Group(asked, answers, split) for asked, answers in zip(encoded.asked, answered.answers, strict=True) if answers]
    if not groups:
        raise StageError(f"No answer could be sampled: {answered.error}. Lower the number of tokens side by side.")
    drawn = [answer for group in groups for answer in group.answers]
    cut = sum(answer.finish == "length" for answer in drawn)
    notes = [f"{cut:,} of {len(drawn):,} answers to {split} prompts were cut at {speaker.new_tokens} tokens."] if cut else []
    if encoded.cut:
        notes.append(f"{encoded.cut:,} of {len(encoded.ids):,} {split} prompts lost their beginning: longer than {room} tokens.")
    return groups, notes


def _encode(speaker: Speaker, text: str) -> Ids:
    return tuple(speaker.tokenizer(text, add_special_tokens=False)["input_ids"])
