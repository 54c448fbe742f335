"""One line for each term of a memory estimate: what it is, and what makes it so large."""

from collections.abc import Callable
from typing import Final

from trainers.architecture import Architecture
from trainers.memory_setup import SHARDED, Setup
from trainers.memory_terms import adapter_weights, logit_bytes, rollout_bytes, trained_weights

MOMENTS: Final = {
    "loss": "when the loss is computed, with all that forward keeps in memory",
    "backward": "in backward of a layer, with its recomputed activations and their gradients",
    "step": "in the optimizer's step, with all gradients in memory",
    "generation": "at the end of generating, with keys and values of all answers",
}


def explain(name: str, shape: Architecture, setup: Setup, moment: str) -> str:
    """Return the sentence beside a term; it says why a term is absent at the moment of the peak."""
    return LINES[name](shape, setup, moment)


def count_words(count: float) -> str:
    """Return a number of weights as people say it: 8.03 B, 41.9 M, 39 k."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f}"


def _weights(shape: Architecture, setup: Setup, moment: str) -> str:
    held = "4-bit blocks, 16-bit embedding and head" if setup.parameters == "qlora" else _width(setup)
    shared = f", shared by {setup.gpus} GPUs" if setup.sharding in SHARDED else ""
    offloaded = ", kept in the memory of the host" if setup.cpu_offload and setup.sharding in SHARDED else ""
    return f"{count_words(shape.params)} weights, {held}{shared}{offloaded}"


def _adapter(shape: Architecture, setup: Setup, moment: str) -> str:
    if not setup.has_adapter:
        return "no adapter: the model's own weights are trained"
    copies = ", with the frozen copy DPO compares with" if setup.method == "dpo" else ""
    return f"{count_words(adapter_weights(shape, setup))} weights of rank {setup.rank} on {', '.join(setup.targets)}{copies}"


def _gradients(shape: Architecture, setup: Setup, moment: str) -> str:
    if setup.optimizer_in_backward:
        return "applied as soon as they exist: one matrix at a time"
    if setup.is_unsynced:
        return f"whole on every GPU until the {setup.accumulation} batches of a step are summed"
    if moment in ("loss", "backward") and setup.accumulation == 1 and not setup.has_adapter:
        return "grow while activations are freed, so they are not there at the peak"
    return f"of {count_words(trained_weights(shape, setup))} trained weights"


def _optimizer(shape: Architecture, setup: Setup, moment: str) -> str:
    if setup.cpu_offload and setup.sharding != "none":
        return "kept in the memory of the host"
    if setup.optimizer.startswith("paged"):
        return "in pages that the driver moves to the host when the GPU is full"
    return f"{setup.optimizer} states of {count_words(trained_weights(shape, setup))} trained weights"


def _activations(shape: Architecture, setup: Setup, moment: str) -> str:
    if moment in ("step", "generation"):
        return "none at the peak"
    rows = f"{setup.sequences} sequences of {setup.longest} tokens"
    if setup.checkpointing:
        return f"{rows}: the input of each of {shape.layers} layers, the rest is computed again"
    return f"{rows}: all that {shape.layers} layers keep for backward"


def _logits(shape: Architecture, setup: Setup, moment: str) -> str:
    if setup.method == "reward":
        return "none: a reward model gives one score"
    if moment != "loss":
        return f"freed before the peak; {logit_bytes(shape, setup) / 1e9:.3g} GB when the loss is computed"
    form = "whole" if setup.logits == "full" else "in chunks"
    return f"the loss over {shape.vocab:,} words, {form}, with its gradients"


def _reference(shape: Architecture, setup: Setup, moment: str) -> str:
    if setup.has_reference:
        return "a frozen copy of the model to compare with"
    return "none" if not setup.has_adapter else "none: switching the adapter off gives the reference"


def _reward_model(shape: Architecture, setup: Setup, moment: str) -> str:
    return "the model that scores answers, in 16 bits" if setup.method == "rloo" or setup.reward_params else "none"


def _rollout_cache(shape: Architecture, setup: Setup, moment: str) -> str:
    if setup.method not in ("rloo", "grpo"):
        return "none: nothing is generated"
    rows = setup.batch * setup.accumulation
    return f"keys and values of {rows} answers" + (
        "" if moment == "generation" else f", {rollout_bytes(shape, setup) / 1e9:.3g} GB, freed before the peak"
    )


def _workspace(shape: Architecture, setup: Setup, moment: str) -> str:
    if setup.parameters == "qlora":
        return "the 4-bit matrix in use, in 16 bits"
    if setup.precision == "bf16-mixed":
        return "16-bit copies of fp32 weights that autocast holds"
    return "temporaries of the optimizer" if moment == "step" else "none"


def _communication(shape: Architecture, setup: Setup, moment: str) -> str:
    if setup.sharding == "none":
        return "none: one device"
    if setup.sharding in SHARDED:
        return "weights gathered again where they are used, embedding and head throughout"
    return "buckets in which gradients are exchanged"


def _overhead(shape: Architecture, setup: Setup, moment: str) -> str:
    return "work space of the matrix library, buffers and batches"


def _width(setup: Setup) -> str:
    return "16 bits each" if setup.precision == "bf16" or setup.sharding.startswith("zero") else "fp32"


LINES: Final[dict[str, Callable[[Architecture, Setup, str], str]]] = {
    "weights": _weights,
    "adapter": _adapter,
    "gradients": _gradients,
    "optimizer": _optimizer,
    "activations": _activations,
    "logits": _logits,
    "reference": _reference,
    "reward_model": _reward_model,
    "rollout_cache": _rollout_cache,
    "workspace": _workspace,
    "communication": _communication,
    "overhead": _overhead,
}
