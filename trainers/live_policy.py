"""Answers of a policy in the middle of its training, which goes on as if nobody had asked."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from reports.records.plan import Plan

if TYPE_CHECKING:
    from evals.rendering import Prompt

BATCH_TOKENS: Final = 8192
NEW_TOKENS: Final = 128


def answers_of(plan: Plan, model: Any, prompts: "Sequence[Prompt]") -> list[str]:
    """Return the greedy answers to the prompts, generated as they will be when the stage is measured."""
    from evals.batching import Batches
    from evals.greedy import fit_context, prepare_greedy
    from evals.rendering import encode_prompt

    tokenizer = tokenizer_of(plan, prompts)
    wished = {choice.name: choice.value for choice in plan.evaluation}.get("max_new_tokens", NEW_TOKENS)
    new_tokens, room = fit_context(int(wished or NEW_TOKENS), plan.model.context_length)
    greedy = prepare_greedy(model, tokenizer, new_tokens)
    asked = [(place, encode_prompt(tokenizer, prompt, room).ids) for place, prompt in enumerate(prompts)]
    texts = [""] * len(prompts)
    for worked in Batches(asked, lambda row: len(row[1]) + new_tokens, BATCH_TOKENS).run(
        lambda batch: greedy.answer([ids for _, ids in batch])
    ):
        for (place, _), answer in zip(worked.batch, worked.result or (), strict=False):
            texts[place] = answer.text
    return texts


def tokenizer_of(plan: Plan, prompts: "Sequence[Prompt]") -> Any:
    """Load the tokenizer by the rules that measuring uses too."""
    from evals.models import load_tokenizer

    return load_tokenizer(plan.model, messages=not isinstance(prompts[0], str)).tokenizer


@contextmanager
def untouched() -> Iterator[None]:
    """Give every random number generator back as it was."""
    import numpy as np
    import torch

    python, arrays = random.getstate(), np.random.get_state()
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(arrays)


@contextmanager
def answering(trainer: Any) -> Iterator[Any]:
    """Give the policy ready for inference, and put mode and generation settings back afterwards."""
    model = trainer.accelerator.unwrap_model(trainer.model)
    inner = model.get_base_model() if hasattr(model, "peft_config") else model
    settings, modes = inner.generation_config, {name: part.training for name, part in model.named_modules()}
    own = model.__dict__.get("generation_config")
    try:
        yield model.eval()
    finally:
        inner.generation_config = settings
        if own is not None:
            model.generation_config = own
        else:
            model.__dict__.pop("generation_config", None)
        for name, part in model.named_modules():
            part.training = modes[name]
