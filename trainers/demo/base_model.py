"""A small Llama and its tokenizer, trained from nothing on the demo's corpus."""

import math
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from trainers.demo.corpus import Document

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

Advance = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""

PAD: Final = "<|pad|>"
START: Final = "<|start|>"
USER: Final = "<|user|>"
ASSISTANT: Final = "<|assistant|>"
END: Final = "<|end|>"
TEMPLATE: Final = (
    "{{ bos_token }}"
    "{%- for message in messages -%}"
    "{%- if message.role == 'assistant' -%}"
    "{{ '<|assistant|>' }}{% generation %}{{ message.content + eos_token }}{% endgeneration %}"
    "{%- else -%}{{ '<|user|>' + message.content }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|assistant|>' }}{%- endif -%}"
)
PROMPT_WEIGHT: Final = 0.03
INITIAL_SPREAD: Final = 0.05
"""Standard deviation of new weights; the usual 0.02 is meant for models ten times as wide and learns to copy far later."""


class BaseSettings(NamedTuple):
    """Size of the base model and of its training."""

    vocabulary: int = 1024
    hidden: int = 128
    intermediate: int = 896
    layers: int = 2
    heads: int = 4
    context: int = 256
    documents: int = 12_000
    batch: int = 8
    learning_rate: float = 3e-3
    seed: int = 11


class Encoded(NamedTuple):
    """One document in tokens, and how many of them are prompt."""

    tokens: list[int]
    prompt: int


def train_tokenizer(documents: Sequence[Document], settings: BaseSettings) -> "PreTrainedTokenizerFast":
    """Train a byte-level BPE tokenizer with a chat template; it adds no token by itself."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=settings.vocabulary,
        special_tokens=[PAD, START, END, USER, ASSISTANT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((text for document in documents for text in document), trainer)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=START,
        eos_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        model_max_length=settings.context,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def new_model(tokenizer: "PreTrainedTokenizerFast", settings: BaseSettings) -> "LlamaForCausalLM":
    """Return an untrained Llama whose special tokens are the tokenizer's."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(settings.seed)
    special = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden,
        intermediate_size=settings.intermediate,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        max_position_embeddings=settings.context,
        tie_word_embeddings=True,
        initializer_range=INITIAL_SPREAD,
        **special,
    )
    return LlamaForCausalLM(config)


def train_base(
    model: "LlamaForCausalLM",
    tokenizer: "PreTrainedTokenizerFast",
    documents: Sequence[Document],
    settings: BaseSettings,
    advance: Advance,
) -> float:
    """Train the model on each document once; returns the mean loss of the last tenth of the steps, in nats a token.

    One thread: the weights are then the same on any number of cores, and matrices this small gain little from a second, which
    waits for long where the machine is busy.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        losses = _train_steps(model, make_batches(encode(tokenizer, documents), settings), settings, advance)
    finally:
        torch.set_num_threads(threads)
    tail = losses[-max(1, len(losses) // 10) :]
    return sum(tail) / len(tail)


def _train_steps(
    model: "LlamaForCausalLM", batches: Sequence[Sequence[Encoded]], settings: BaseSettings, advance: Advance
) -> list[float]:
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.99), weight_decay=0.0, fused=True)
    losses: list[float] = []
    model.train()
    for step, rows in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * schedule(step / len(batches))
        loss = weighted_loss(model, rows)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
        advance(step + 1, len(batches))
    return losses


def schedule(progress: float) -> float:
    """Return the share of the peak learning rate at `progress` in 0..1: a short warm-up, then half a cosine."""
    warm = 0.05
    if progress < warm:
        return progress / warm
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (progress - warm) / (1 - warm)))


def encode(tokenizer: "PreTrainedTokenizerFast", documents: Sequence[Document]) -> list[Encoded]:
    """Tokenize documents as the chat template renders them; one without a prompt is plain text."""
    prompts = [f"{START}{USER}{document.prompt}{ASSISTANT}" if document.prompt else START for document in documents]
    texts = [f"{document.text}{END}" for document in documents]
    both = zip(tokenizer(prompts)["input_ids"], tokenizer(texts)["input_ids"], strict=True)
    return [Encoded([*prompt, *text], len(prompt)) for prompt, text in both]


def make_batches(rows: Sequence[Encoded], settings: BaseSettings) -> list[list[Encoded]]:
    """Group rows of similar length, so that little is padding, and shuffle the groups."""
    rng = random.Random(settings.seed)
    pool = settings.batch * 32
    batches = []
    for start in range(0, len(rows), pool):
        near = sorted(rows[start : start + pool], key=lambda row: len(row.tokens))
        batches += [near[at : at + settings.batch] for at in range(0, len(near), settings.batch)]
    rng.shuffle(batches)
    return batches


def weighted_loss(model: "LlamaForCausalLM", rows: Sequence[Encoded]) -> "Tensor":
    """Return the mean loss a token, prompts counting little: what people ask is mostly chance, and learning it is slow.

    Rows are padded on the right, where causal attention never looks, so no mask is needed.
    """
    import torch
    from torch.nn.functional import cross_entropy

    longest = max(len(row.tokens) for row in rows)
    tokens = torch.tensor([[*row.tokens, *[0] * (longest - len(row.tokens))] for row in rows])
    weights = torch.tensor([_weights(row, longest) for row in rows])
    logits = model(input_ids=tokens).logits[:, :-1]
    losses = cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    kept = weights[:, 1:].flatten()
    return (losses * kept).sum() / kept.sum()


def _weights(row: Encoded, longest: int) -> list[float]:
    answer = len(row.tokens) - row.prompt
    return [PROMPT_WEIGHT] * row.prompt + [1.0] * answer + [0.0] * (longest - len(row.tokens))


def save_base(model: "LlamaForCausalLM", tokenizer: "PreTrainedTokenizerFast", folder: Path) -> None:
    """Write weights (safetensors), configuration and tokenizer, without a progress bar of the library's own."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model.eval().save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    finally:
        if shown:
            logging.enable_progress_bar()
