"""The shape of a decoder-only language model, read from its config.json without torch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec

from reports.errors import MissingError, UsageError

Norm = Literal["rms", "layer"]
T = TypeVar("T")

NAMES: Final[dict[str, tuple[str, ...]]] = {
    "layers": ("num_hidden_layers", "n_layer", "num_layers", "n_layers"),
    "hidden": ("hidden_size", "n_embd", "d_model"),
    "heads": ("num_attention_heads", "n_head", "n_heads"),
    "vocab": ("vocab_size",),
}
"""What the sizes that every config must give are called in different families."""
INTERMEDIATE: Final = ("intermediate_size", "n_inner", "ffn_hidden_size", "ffn_dim")
ACTIVATIONS: Final = ("hidden_activation", "hidden_act", "activation_function", "activation")
PLAIN_MLP: Final = frozenset(
    {"gpt2", "gpt_neo", "gpt_neox", "gptj", "falcon", "phi", "opt", "bloom", "mpt", "starcoder2", "gpt_bigcode"}
)
"""Families whose feed-forward block has two matrices and whose norms are LayerNorms; the others gate it with a third."""
TIED: Final = frozenset({"gpt2", "gpt_bigcode", "bloom", "opt", "mpt", "falcon", "gemma", "gemma2", "gemma3", "gemma3_text"})
"""Families that share embedding and output head unless the config says otherwise."""
FUSED_QKV: Final = frozenset({"phi3", "gpt_neox", "falcon", "gpt_bigcode"})
QK_NORM: Final = frozenset({"qwen3", "qwen3_moe", "gemma3", "gemma3_text", "olmo2"})
FOUR_NORMS: Final = frozenset({"gemma2", "gemma3", "gemma3_text"})
UNFUSED_GELU: Final = frozenset({"gelu_new", "gelu_fast"})
"""Activations written as several operations, each of which keeps a tensor."""


class Architecture(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of a decoder-only transformer, and the few choices of its block that memory depends on."""

    layers: int
    hidden: int
    """Width of the residual stream."""
    heads: int
    kv_heads: int
    """Heads of keys and values; fewer than `heads` under grouped-query attention."""
    head_dim: int
    intermediate: int
    """Width of the feed-forward block; of one expert in a mixture."""
    vocab: int
    tied: bool = False
    """Whether the output head is the embedding."""
    params: float
    """All weights, experts included."""
    mlp_mats: int = 3
    """3: gated (SwiGLU, GeGLU); 2: plain."""
    norm: Norm = "rms"
    parallel_block: bool = False
    """Attention and feed-forward block read the same input, as in GPT-J, GPT-NeoX, Falcon and Phi."""
    norms: int = 2
    """Norms a layer."""
    qk_norm: bool = False
    """Whether queries and keys are normalised too."""
    wide_norm: bool = False
    """Whether a norm multiplies by its weight in fp32, as in the Gemma family."""
    fused_qkv: bool = False
    """Queries, keys and values come from one matrix."""
    softcap: bool = False
    """Attention scores are capped, so they are held in full."""
    unfused_activation: bool = False
    """The activation function is written as several operations."""
    experts: int = 1
    experts_per_token: int = 1

    @property
    def query(self) -> int:
        """Values of all queries of a token."""
        return self.heads * self.head_dim

    @property
    def key(self) -> int:
        """Values of all keys of a token; its values are as many."""
        return self.kv_heads * self.head_dim

    @property
    def embedding(self) -> int:
        """Weights of the embedding; the output head has as many."""
        return self.vocab * self.hidden

    @property
    def matrices(self) -> float:
        """Weights of all blocks: everything but embedding and output head."""
        return max(0.0, self.params - self.embedding * (1 if self.tied else 2))

    @property
    def active(self) -> float:
        """Weights a token meets in the blocks; fewer than `matrices` in a mixture of experts."""
        idle = self.layers * (self.experts - self.experts_per_token) * self.mlp_mats * self.hidden * self.intermediate
        return max(0.0, self.matrices - idle)

    @property
    def largest_matrix(self) -> int:
        """Weights of the largest single matrix of a block."""
        fused = self.query + 2 * self.key if self.fused_qkv else self.query
        return self.hidden * max(self.intermediate, fused)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], params: float | None = None) -> "Architecture":
        """Read a transformers configuration; the text part of one that also sees or hears.

        Args:
            config: the content of config.json.
            params: the number of weights where it is known; else it is counted from the sizes.

        Raises:
            UsageError: a size is missing, not positive, or not a whole number.
        """
        text = config.get("text_config")
        text = {"model_type": config.get("model_type"), **text} if isinstance(text, Mapping) else config
        shape = _shape(text)
        shape["tied"] = bool(text.get("tie_word_embeddings", config.get("tie_word_embeddings", shape["family"] in TIED)))
        family = shape.pop("family")
        positions = text.get("n_positions", 0) if family == "gpt2" else 0
        found = cls(**shape, params=params or 1.0)
        return found if params else msgspec.structs.replace(found, params=count_weights(found, int(positions)))


def count_weights(shape: Architecture, positions: int = 0) -> float:
    """Return the number of weights that the sizes give, without biases and norms (below one part in a thousand)."""
    attention = shape.hidden * (shape.query + 2 * shape.key) + shape.query * shape.hidden
    blocks = shape.mlp_mats * shape.hidden * shape.intermediate * shape.experts
    router = shape.hidden * shape.experts if shape.experts > 1 else 0
    ends = shape.embedding * (1 if shape.tied else 2) + positions * shape.hidden
    return float(shape.layers * (attention + blocks + router) + ends)


def read_architecture(model: str) -> Architecture:
    """Read the architecture of a local folder, or of a hub name; only config.json is needed, no weights.

    Raises:
        MissingError: nothing usable is there.
        UsageError: its config lacks a size.
    """
    from evals.model_source import HUB_NAME, cached_snapshot, model_place

    place = Path(model_place(model))
    if place.is_dir():
        return Architecture.from_config(_read(place / "config.json"))
    snapshot = cached_snapshot(model) if HUB_NAME.fullmatch(model) else None
    return Architecture.from_config(_read(snapshot / "config.json" if snapshot else _downloaded_config(model)))


def _downloaded_config(model: str) -> Path:
    from evals.model_source import inspect_model

    inspect_model(model)
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(model, "config.json"))
    except Exception as error:  # the HTTP client behind the hub, and so its errors, differ between versions
        raise MissingError(
            f"{model}: its config.json could not be downloaded ({type(error).__name__}). Give --model a local folder, or the "
            "sizes of the model: --layers, --hidden, --heads, --intermediate, --vocab."
        ) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        config = json.loads(file.read_bytes())
    except FileNotFoundError as error:
        raise MissingError(f"{file.parent}: the folder has no config.json, so it is no transformers model.") from error
    except (OSError, ValueError) as error:
        raise MissingError(f"{file}: cannot be read as JSON ({error}). Download the model again.") from error
    if not isinstance(config, dict):
        raise MissingError(f"{file}: holds no JSON object. Download the model again.")
    return config


def _shape(config: Mapping[str, Any]) -> dict[str, Any]:
    family = str(config.get("model_type") or "")
    sizes = {name: _size(config, name, keys) for name, keys in NAMES.items()}
    plain = family in PLAIN_MLP or (not family and "rms_norm_eps" not in config)
    experts = _first(config, ("num_local_experts", "num_experts", "n_routed_experts"), 1)
    return {
        **sizes,
        "family": family,
        "kv_heads": _kv_heads(config, family, sizes["heads"]),
        "head_dim": int(config.get("head_dim") or sizes["hidden"] // sizes["heads"]),
        "intermediate": _intermediate(config, experts, sizes["hidden"]),
        "mlp_mats": 2 if plain else 3,
        "norm": "layer" if plain else "rms",
        "parallel_block": _is_parallel(config, family),
        "norms": _norms(config, family),
        "qk_norm": family in QK_NORM,
        "wide_norm": family.startswith("gemma"),
        "fused_qkv": family in FUSED_QKV,
        "softcap": bool(config.get("attn_logit_softcapping")),
        "unfused_activation": _first(config, ACTIVATIONS, "") in UNFUSED_GELU or family == "gpt2",
        "experts": experts,
        "experts_per_token": min(experts, _first(config, ("num_experts_per_tok", "moe_top_k"), 1)),
    }


def _kv_heads(config: Mapping[str, Any], family: str, heads: int) -> int:
    if family == "falcon" and not config.get("new_decoder_architecture"):
        return 1 if config.get("multi_query", True) else heads
    if family == "gpt_bigcode":
        return 1 if config.get("multi_query", True) else heads
    return int(_first(config, ("num_key_value_heads", "num_kv_heads", "n_head_kv"), heads))


def _intermediate(config: Mapping[str, Any], experts: int, hidden: int) -> int:
    if experts > 1 and config.get("moe_intermediate_size"):
        return int(config["moe_intermediate_size"])
    return int(_first(config, INTERMEDIATE, 4 * hidden))


def _is_parallel(config: Mapping[str, Any], family: str) -> bool:
    if family == "gpt_neox":
        return bool(config.get("use_parallel_residual", True))
    if family == "falcon":
        return bool(config.get("parallel_attn", True))
    return family in {"phi", "gptj"}


def _norms(config: Mapping[str, Any], family: str) -> int:
    if family in FOUR_NORMS:
        return 4
    if family in {"phi", "gptj"}:
        return 1
    return 1 if family == "falcon" and _is_parallel(config, family) and not config.get("new_decoder_architecture") else 2


def _first(config: Mapping[str, Any], keys: tuple[str, ...], otherwise: T) -> T:
    return next((config[key] for key in keys if config.get(key) is not None), otherwise)


def _size(config: Mapping[str, Any], name: str, keys: tuple[str, ...]) -> int:
    value: object = _first(config, keys, None)
    if value is None:
        raise UsageError(
            f"config.json of model type '{config.get('model_type', '')}' has no {keys[0]}, so memory cannot be estimated. "
            f"Give the sizes yourself: --layers, --hidden, --heads, --intermediate, --vocab (missing here: {name})."
        )
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UsageError(f"config.json: {keys[0]} is {value!r}, and a whole number above 0 was expected. Check the file.")
    return value
