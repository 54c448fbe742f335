"""Bytes that forward keeps for backward, counted tensor by tensor for one token of one layer.

The method is that of Korthikanti et al. 2022 (Reducing Activation Recomputation in Large Transformer Models, section 4):
walk through the block and add what each operation must keep. Their block (LayerNorm, GELU, dropout, scores in memory) keeps
34 values of the hidden width and 5 of heads × length; today's blocks gate the feed-forward part, norm in fp32, group their keys
and keep no scores. The counts here follow autograd's rules: a matrix product keeps its input only where its weight is trained.
"""

from trainers.architecture import Architecture
from trainers.memory_setup import STACKS, Setup, Stack

GRADIENT_TENSORS = 3
"""Gradients of the widest part of a block that backward holds at once."""


def kept_by_layer(shape: Architecture, setup: Setup) -> float:
    """Return the bytes one layer keeps for each token when nothing is recomputed."""
    stack = STACKS[setup.stack]
    if setup.compile:
        return _compiled(shape, setup) + _adapter_inputs(shape, setup, stack)
    return (
        _norms(shape, setup, stack)
        + _matrix_inputs(shape, setup)
        + _attention(shape, setup, stack)
        + _feed_forward(shape, setup)
        + _adapter_inputs(shape, setup, stack)
        + _quantised_inputs(shape, setup, stack)
    )


def stored_by_layer(shape: Architecture, setup: Setup) -> float:
    """Return the bytes each layer keeps for each token from forward to backward; its input under checkpointing."""
    each = setup.stream_bytes * shape.hidden if setup.checkpointing else kept_by_layer(shape, setup)
    return each * min(1.0, 2 / shape.layers) if setup.offload_activations else each


def kept_at_the_end(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of final norm and head input for each token."""
    return (4 + 2 * setup.stream_bytes) * shape.hidden


def backward_of_layer(shape: Architecture, setup: Setup) -> float:
    """Return the bytes of gradients that flow through the widest part of a layer, for each token."""
    wide = shape.intermediate * shape.experts_per_token
    return setup.compute_bytes * GRADIENT_TENSORS * max(wide, shape.hidden) + setup.stream_bytes * shape.hidden


def _norms(shape: Architecture, setup: Setup, stack: Stack) -> float:
    if shape.norm == "layer":
        width = 4 if stack.autocasts else setup.stream_bytes
        return (1 if shape.parallel_block else shape.norms) * width * shape.hidden
    normalised = 4 if setup.stream_bytes == 4 or shape.wide_norm else 2 * stack.norm_copies
    each = 4 if setup.has_adapter else 4 + normalised
    heads = shape.query + shape.key if shape.qk_norm else 0
    return each * (shape.norms * shape.hidden + heads)


def _matrix_inputs(shape: Architecture, setup: Setup) -> float:
    """Inputs of trained matrices; fp32 streams are cast for each matrix anew, 16-bit ones are shared."""
    if setup.has_adapter:
        return 0.0
    inputs = 1 if shape.norms == 1 else 2
    if setup.precision == "bf16-mixed":
        inputs = (1 if shape.fused_qkv else 3) + (shape.mlp_mats - 1)
    down = shape.intermediate * shape.experts_per_token
    return setup.compute_bytes * (inputs * shape.hidden + down)


def _attention(shape: Architecture, setup: Setup, stack: Stack) -> float:
    """Queries, keys, values and output, which flash attention keeps with a sum for each head (Dao et al. 2022)."""
    expanded = shape.heads > shape.kv_heads and (stack.expands_keys == "always" or (setup.sequences > 1 and not setup.packing))
    key = shape.query if expanded else shape.key
    fused = (stack.keeps_qkv or shape.fused_qkv) and not expanded
    values = 2 * shape.query + 2 * key + (shape.query + shape.key if fused else 0)
    kept = setup.compute_bytes * values + 4 * shape.heads
    if setup.attention == "eager" or shape.softcap:
        scores = 4 + setup.compute_bytes * (2 if shape.softcap else 1)
        kept += shape.heads * setup.longest * scores
    return kept


def _feed_forward(shape: Architecture, setup: Setup) -> float:
    """Gated: gate, its activation and the other branch; plain: the activation's input."""
    tensors = (3 if shape.mlp_mats == 3 else 1) + (3 if shape.unfused_activation else 0)
    return setup.compute_bytes * tensors * shape.intermediate * shape.experts_per_token


def _adapter_inputs(shape: Architecture, setup: Setup, stack: Stack) -> float:
    """Inputs of LoRA's first matrices (Hu et al. 2021): dropout and casts make a copy for each, else they are shared."""
    if not setup.has_adapter:
        return 0.0
    reading = [target for target in setup.targets if target in ("q", "k", "v")]
    feeding = [target for target in setup.targets if target in (("gate", "up") if shape.mlp_mats == 3 else ("up",))]
    copied = setup.dropout > 0 or (stack.autocasts and setup.parameters == "lora" and setup.precision == "bf16")
    each = setup.compute_bytes + (1 if setup.dropout else 0)
    first = len(reading) if copied and not stack.shares_lora_input else min(1, len(reading))
    second = len(feeding) if copied else min(1, len(feeding))
    values = (first + second) * shape.hidden
    values += shape.query if "o" in setup.targets and copied else 0
    values += shape.intermediate if "down" in setup.targets and shape.experts == 1 else 0
    kept = each * values + setup.compute_bytes * setup.rank * len(setup.targets)
    if stack.pads_lora and 0 < len(reading) < 3:
        kept += setup.compute_bytes * sum(shape.query if target == "q" else shape.key for target in reading)
    return kept


def _quantised_inputs(shape: Architecture, setup: Setup, stack: Stack) -> float:
    if setup.parameters != "qlora":
        return 0.0
    inputs = (1 if shape.norms == 1 else 2) * shape.hidden + shape.intermediate * shape.experts_per_token
    return stack.quantised_input_bytes * inputs


def _compiled(shape: Architecture, setup: Setup) -> float:
    """What a compiler keeps that recomputes everything between matrix products: their inputs and outputs once."""
    norms = shape.norms * shape.hidden * (1 if setup.has_adapter else 2)
    attention = 2 * shape.query + 2 * shape.query
    wide = shape.intermediate * shape.experts_per_token * (shape.mlp_mats - 1 + (0 if setup.has_adapter else 1))
    return setup.compute_bytes * (norms + attention + wide) + 4 * shape.heads
