"""How both sides are measured: the settings of a plan's evaluation, each with its reason."""

from typing import Final

from reports.errors import UsageError
from reports.records.plan import Choice, ModelRef

TARGET_PROMPTS: Final = 120
SMALLEST: Final = {"max_new_tokens": 1, "target_prompts": 20, "batch_tokens": 64, "toxicity_samples": 0}
"""The smallest value that a setting can have."""
MOST_TOKENS: Final = 8192
LEAST_TOKENS: Final = 1024
FLOAT32: Final = 4
"""Bytes."""
SHARE: Final = 16
"""The keys and values of a batch may take up this part of what the weights do, ..."""
ALWAYS: Final = 128 * 2**20
"""... or this many bytes where the weights are small."""


def evaluation(model: ModelRef, seed: int) -> tuple[Choice, ...]:
    """Return the settings of the evaluation, before anybody changes them."""
    context = model.context_length or 1024
    return (
        Choice(
            name="max_new_tokens",
            value=max(16, min(128, context // 3)),
            origin="rule",
            because=f"at most a third of the context of {context} tokens, and 128 show voice and refusals",
        ),
        Choice(
            name="target_prompts",
            value=TARGET_PROMPTS,
            origin="default",
            because="120 held-out prompts detect a win rate about 13 points from even with 80 % power",
        ),
        Choice(
            name="batch_tokens",
            value=batch_tokens(model),
            origin="rule",
            because="tokens side by side whose keys and values take at most a sixteenth of the memory of weights, or 128 MiB; "
            "halved when a GPU's memory runs out",
        ),
        Choice(
            name="toxicity_samples",
            value=0,
            origin="default",
            because="0: one answer a prompt; from 2 on, the worst of so many sampled ones is read too, at as many times the work",
        ),
        Choice(name="seed", value=seed, origin="default", because="the run's seed"),
    )


def batch_tokens(model: ModelRef) -> int:
    """Return how many tokens of prompts and answers a batch holds: 1024 to 8192.

    A batch keeps keys and values of every token in every layer. Memory that runs out on the CPU ends the process, so the
    batch has to fit beforehand. Both precisions count alike: weights and cache are kept in the same one.
    """
    from trainers.architecture import read_architecture

    shape = read_architecture(model.name)
    room = max(ALWAYS, shape.params * FLOAT32 / SHARE)
    return int(min(MOST_TOKENS, max(LEAST_TOKENS, room // (2 * shape.layers * shape.key * FLOAT32))))


def set_evaluation(choices: tuple[Choice, ...], name: str, text: str) -> tuple[Choice, ...]:
    """Set one setting of the evaluation.

    Raises:
        UsageError: there is none of that name, or the value cannot be.
    """
    from trainers.overrides import with_overrides

    known = [choice.name for choice in choices]
    if name not in known:
        raise UsageError(f"--set evaluation.{name}: no such setting. Settings: {', '.join(known)}.")
    changed = with_overrides(choices, {name: text})
    value = next(choice.value for choice in changed if choice.name == name)
    if name in SMALLEST and not (isinstance(value, int) and value >= SMALLEST[name]):
        raise UsageError(f"--set evaluation.{name}={text}: give a whole number of at least {SMALLEST[name]}.")
    return changed
