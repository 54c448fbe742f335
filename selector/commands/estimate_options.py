"""The options of `tunegate estimate`, and how they become an architecture and a setup."""

from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

import click
from msgspec.structs import replace

from reports.errors import UsageError
from reports.records.plan import Method
from trainers import memory_setup as setups
from trainers.architecture import Architecture, Norm, count_weights, read_architecture
from trainers.memory_setup import ALL_LINEAR, STACKS, Lengths, Setup, StackName, Target, is_offered

Command = Callable[..., Any]

SIZES: Final = ("layers", "hidden", "heads", "intermediate", "vocab")
"""Sizes that a bare architecture needs."""
PLAIN: Final = (
    "method", "parameters", "batch", "length", "rank", "optimizer", "attention", "packing", "checkpointing", "gpus",
    "offload_activations", "optimizer_in_backward", "cpu_offload", "reward_params",
)  # fmt: skip
"""Options that are a setup's fields of the same name."""
USUAL: Final = ("logits", "dropout", "quantisation")
"""Options that are as the program has them unless given."""
STEP_ROWS: Final = 16
"""Rows of one step in tunegate's own plans."""
TARGETS: Final[dict[str, tuple[Target, ...]]] = {
    "all-linear": ALL_LINEAR,
    "attention": ("q", "k", "v", "o"),
    "mlp": ("gate", "up", "down"),
    "query": ("q",),
    "key": ("k",),
    "value": ("v",),
    "projection": ("o",),
    **{name: (name,) for name in get_args(Target)},
}
"""Words for the layers of an adapter."""


def architecture_options(command: Command) -> Command:
    """Add the options that say which model: a folder or name, or its bare sizes."""
    whole = click.IntRange(min=1)
    return _add(
        command,
        click.option("--model", help="Model folder or hub name; only its config.json is read."),
        click.option("--layers", type=whole, help="Bare architecture instead of --model: number of layers."),
        click.option("--hidden", type=whole, help="Width of the residual stream."),
        click.option("--heads", type=whole, help="Attention heads."),
        click.option("--kv-heads", type=whole, help="Heads of keys and values.  [default: as --heads]"),
        click.option("--head-dim", type=whole, help="Values a head.  [default: hidden / heads]"),
        click.option("--intermediate", type=whole, help="Width of the feed-forward block."),
        click.option("--vocab", type=whole, help="Words of the vocabulary."),
        click.option("--tied/--untied", default=False, help="Whether the output head is the embedding.  [default: untied]"),
        click.option("--params", type=float, help="All weights, for example 8.03e9.  [default: counted from the sizes]"),
        click.option(
            "--mlp-mats", type=click.IntRange(2, 3), default=3, help="3: gated feed-forward block; 2: plain.  [default: 3]"
        ),
        click.option("--norm", type=click.Choice(["rms", "layer"]), help="[default: rms, layer with --mlp-mats 2]"),
        click.option("--norms", type=whole, default=2, help="Norms a layer.  [default: 2]"),
        click.option("--parallel-block", is_flag=True, help="Attention and feed-forward block read the same input."),
        click.option("--softcap", is_flag=True, help="Attention scores are capped, as in Gemma 2."),
    )


def setup_options(command: Command) -> Command:
    """Add the options that say how it is trained."""
    whole = click.IntRange(min=1)
    return _add(
        command,
        click.option("--method", type=_choice(Method), default="sft", show_default=True),
        click.option("--parameters", type=_choice(setups.Parameters), default="lora", show_default=True),
        click.option("--batch", type=whole, default=4, show_default=True, help="Rows a GPU at once; pairs count once."),
        click.option("--length", type=whole, default=1024, show_default=True, help="Longest row in tokens, answer included."),
        click.option("--accumulation", type=whole, help=f"Batches a step.  [default: so that {STEP_ROWS} rows make one]"),
        click.option("--rank", type=whole, default=16, show_default=True, help="Rank of the LoRA adapter."),
        click.option(
            "--targets",
            default="all-linear",
            show_default=True,
            help="Layers with an adapter: all-linear, or q,k,v,o,gate,up,down,head.",
        ),
        click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), help="Dropout of the adapter.  [default: 0]"),
        click.option("--quantisation", type=_choice(setups.Quantisation), help="4-bit form of QLoRA.  [default: nf4-double]"),
        click.option(
            "--checkpointing/--no-checkpointing", default=True, help="Compute activations again in backward.  [default: yes]"
        ),
        click.option("--offload-activations", is_flag=True, help="Keep activations in the memory of the host."),
        click.option(
            "--precision",
            type=click.Choice(["bf16", "bf16-true", "bf16-mixed", "fp32"]),
            help="[default: bf16; all weights: bf16-mixed]",
        ),
        click.option("--optimizer", type=_choice(setups.Optimizer), default="adamw", show_default=True),
        click.option("--optimizer-in-backward", is_flag=True, help="Apply each gradient as soon as it exists."),
        click.option("--logits", type=_choice(setups.Logits), help="The loss on whole logits or in chunks.  [default: chunked]"),
        click.option("--attention", type=_choice(setups.Attention), default="flash", show_default=True),
        click.option("--compile", "compiled", is_flag=True, help="The model is compiled."),
        click.option("--packing", is_flag=True, help="Rows are joined to the full length."),
        click.option("--gpus", type=click.IntRange(min=0), default=1, show_default=True, help="0: the processor."),
        click.option("--sharding", type=_choice(setups.Sharding), help="What GPUs divide.  [default: ddp with several GPUs]"),
        click.option("--cpu-offload", is_flag=True, help="Keep shared weights and optimizer states in the memory of the host."),
        click.option("--completion-length", type=whole, help="Tokens of a generated answer.  [default: a quarter of --length]"),
        click.option("--reward-params", type=float, help="Weights of RLOO's reward model.  [default: as the policy]"),
        click.option(
            "--stack",
            type=click.Choice([*STACKS, "any"]),
            help="Program that trains.  [default: trl; any with bare sizes]",
        ),
    )


def read_model(given: Mapping[str, Any]) -> Architecture:
    """Return the architecture that the options name; UsageError where they name none, or half of one."""
    sizes = {name: given[name] for name in SIZES}
    if given["model"] is not None:
        extra = [name for name, value in sizes.items() if value is not None]
        if extra:
            raise UsageError(f"--model and --{extra[0]}: a model is given by its folder or by its sizes. Leave one of them out.")
        return read_architecture(given["model"])
    missing = [f"--{name}" for name, value in sizes.items() if value is None]
    if missing:
        raise UsageError(f"No model to estimate. Give --model FOLDER or NAME, or its sizes; missing: {', '.join(missing)}.")
    return _bare(given, sizes)


def read_setups(given: Mapping[str, Any], lengths: Lengths | None) -> tuple[Setup, ...]:
    """Return the setup that the options describe; one for each program that offers it where any may train."""
    wanted = given["stack"] or ("trl" if given["model"] else "any")
    # litgpt trains a 4-bit base on one GPU only.
    single = {"litgpt"} if wanted == "any" and given["parameters"] == "qlora" and (given["gpus"] or 1) > 1 else set()
    setups = [_setup(given, lengths, name) for name in STACKS if wanted in ("any", name) and name not in single]
    return tuple(setup for setup in setups if is_offered(setup)) or (setups[0],)


def _setup(given: Mapping[str, Any], lengths: Lengths | None, stack: StackName) -> Setup:
    usual = STACKS[stack]
    return Setup(
        **{name: given[name] for name in PLAIN},
        **{name: getattr(usual, name) if given[name] is None else given[name] for name in USUAL},
        accumulation=given["accumulation"] or usual.accumulation or max(1, STEP_ROWS // given["batch"]),
        precision=_precision(given, stack),
        targets=read_targets(given["targets"]),
        sharding=given["sharding"] or (usual.sharding if given["gpus"] > 1 else "none"),
        completion_length=given["completion_length"] or max(1, given["length"] // 4),
        compile=given["compiled"],
        lengths=lengths,
        stack=stack,
    )


def read_targets(text: str) -> tuple[Target, ...]:
    """Read the layers of an adapter: names as in transformers (`q_proj`), their letters, or a group's name."""
    found: list[Target] = []
    for word in text.split(","):
        name = word.strip().lower().removesuffix("_proj").replace("lm_head", "head")
        known = TARGETS.get(name, ())
        if not known:
            raise UsageError(f"--targets {text}: '{word.strip()}' is not among {', '.join(TARGETS)}.")
        found += [target for target in known if target not in found]
    return tuple(found)


def _bare(given: Mapping[str, Any], sizes: Mapping[str, Any]) -> Architecture:
    heads, kv_heads = sizes["heads"], given["kv_heads"] or sizes["heads"]
    if heads % kv_heads:
        raise UsageError(f"--kv-heads {kv_heads}: {heads} heads cannot share them evenly. Give a divisor of --heads.")
    plain = {name: given[name] for name in ("tied", "mlp_mats", "norms", "parallel_block", "softcap")}
    norm: Norm = given["norm"] or ("layer" if given["mlp_mats"] == 2 else "rms")
    head_dim = given["head_dim"] or max(1, sizes["hidden"] // heads)
    shape = Architecture(**sizes, **plain, kv_heads=kv_heads, head_dim=head_dim, norm=norm, params=1.0)
    counted = count_weights(shape)
    params = counted if given["params"] is None else given["params"]
    if not counted / 4 <= params <= counted * 4:
        raise UsageError(f"--params {params:g}: the sizes give {counted:.3g} weights. Check the sizes, or leave --params out.")
    return replace(shape, params=params)


def _precision(given: Mapping[str, Any], stack: str) -> setups.Precision:
    if given["precision"] is None and not given["gpus"]:
        return "fp32"
    if given["precision"] is None:
        return "bf16-mixed" if given["parameters"] == "full" and stack == "trl" else "bf16"
    names: dict[str, setups.Precision] = {"bf16-mixed": "bf16-mixed", "fp32": "fp32"}
    return names.get(given["precision"], "bf16")


def _choice(literal: Any) -> click.Choice[str]:
    return click.Choice(get_args(literal))


def _add(command: Command, *options: Callable[[Command], Command]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
