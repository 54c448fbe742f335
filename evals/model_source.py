"""What a model folder or hub name holds, read from its files alone: no torch, no weights in memory."""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from reports.errors import MissingError
from reports.records.plan import ModelRef

WEIGHTS: Final = "model.safetensors"
WEIGHTS_INDEX: Final = "model.safetensors.index.json"
TOKENIZERS: Final = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "tekken.json")
IDENTITY: Final = (
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
    *TOKENIZERS,
)
"""Files that decide what a model says, besides its weights."""
CONTEXT_KEYS: Final = ("max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len", "seq_length", "n_ctx")
HUB_NAME: Final = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


class HubModel(NamedTuple):
    """What the model hub answers about a model that is not on this machine."""

    revision: str
    parameters: int | None
    config: dict[str, Any]
    files: tuple[str, ...]


def inspect_model(name: str) -> ModelRef:
    """Say what the model is: parameters, context length, chat template and a digest of its content.

    Args:
        name: a folder with config.json, safetensors weights and a tokenizer, or a name on the model hub.

    Returns:
        The reference; for a folder `name` is absolute, with the home folder written as `~`.

    Raises:
        MissingError: nothing usable is there; the message says what was tried and what to do.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _inspect_folder(folder.resolve())
    if folder.exists():
        raise MissingError(f"{name}: this is a file, not a model folder. Give --model the folder that holds config.json.")
    if name.startswith((".", "/", "~", os.sep)) or not HUB_NAME.fullmatch(name):
        raise MissingError(
            f"{name}: no such folder. Give --model a folder with config.json and model.safetensors, or a hub name."
        )
    cached = cached_snapshot(name)
    return _inspect_snapshot(name, cached) if cached else _inspect_online(name)


def model_place(name: str) -> str:
    """Return what loaders should be given: the folder on this machine, or the hub name."""
    folder = Path(name).expanduser()
    return str(folder) if folder.is_dir() else name


def cached_snapshot(name: str) -> Path | None:
    """Return the folder in the local hub cache that holds config and weights, None when they were never downloaded."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name, "config.json")
    folder = Path(found).parent if isinstance(found, str) else None
    return folder if folder and any(folder.glob("*.safetensors")) else None


def _inspect_folder(folder: Path) -> ModelRef:
    config = _read_config(folder)
    weights = _weight_files(folder)
    tokenizer = [folder / file for file in TOKENIZERS if (folder / file).is_file()]
    if not tokenizer:
        raise MissingError(
            f"{folder}: the folder has weights but no tokenizer ({TOKENIZERS[0]} or a relative). Add the tokenizer's files."
        )
    return ModelRef(
        name=_portable(folder),
        label=folder.name,
        digest=_content_digest(folder, weights),
        parameters=_count_parameters(weights, config),
        context_length=_context_length(config),
        has_chat_template=_has_chat_template(folder),
    )


def _inspect_snapshot(name: str, folder: Path) -> ModelRef:
    config = _read_config(folder)
    weights = _weight_files(folder)
    return ModelRef(
        name=name,
        label=name.rsplit("/", 1)[-1],
        digest=folder.name,
        parameters=_count_parameters(weights, config),
        context_length=_context_length(config),
        has_chat_template=_has_chat_template(folder),
    )


def _inspect_online(name: str) -> ModelRef:
    found = _ask_hub(name)
    if not any(file.endswith(".safetensors") for file in found.files):
        raise MissingError(f"{name}: the hub has this model without safetensors weights, and tunegate loads no other kind.")
    return ModelRef(
        name=name,
        label=name.rsplit("/", 1)[-1],
        digest=found.revision,
        parameters=found.parameters,
        context_length=_context_length(found.config),
        has_chat_template=bool({"chat_template.jinja", "chat_template.json"} & set(found.files))
        or bool(found.config.get("tokenizer_config", {}).get("chat_template")),
    )


def _ask_hub(name: str) -> HubModel:
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    advice = f"Give --model a local folder, or download it first: hf download {name}"
    if constants.is_offline_mode():
        raise MissingError(
            f"{name}: no folder of that name, not in the local hub cache ({constants.HF_HUB_CACHE}), and the hub is switched off "
            f"by HF_HUB_OFFLINE. {advice}"
        )
    try:
        info = HfApi().model_info(name, files_metadata=False)
    except GatedRepoError as error:
        raise MissingError(
            f"{name}: the hub asks for permission to use this model. Accept its terms there, then `hf auth login`."
        ) from error
    except RepositoryNotFoundError as error:
        raise MissingError(f"{name}: no folder of that name, and the model hub does not know it. {advice}") from error
    except Exception as error:  # the HTTP client behind the hub, and so its errors, differ between versions
        raise MissingError(
            f"{name}: no folder of that name, not in the local hub cache, and the hub cannot be reached "
            f"({type(error).__name__}). {advice}"
        ) from error
    return HubModel(
        revision=info.sha or "",
        parameters=info.safetensors.total if info.safetensors else None,
        config=dict(info.config or {}),
        files=tuple(sibling.rfilename for sibling in info.siblings or ()),
    )


def _read_config(folder: Path) -> dict[str, Any]:
    if (folder / "adapter_config.json").is_file() and not (folder / "config.json").is_file():
        raise MissingError(f"{folder}: this is an adapter, not a whole model. Give --model the base model it was trained on.")
    try:
        config = json.loads((folder / "config.json").read_bytes())
    except FileNotFoundError as error:
        raise MissingError(f"{folder}: the folder has no config.json, so it is no transformers model.") from error
    except (OSError, ValueError) as error:
        raise MissingError(f"{folder}/config.json: cannot be read as JSON ({error}). Download the model again.") from error
    if not isinstance(config, dict):
        raise MissingError(f"{folder}/config.json: holds no JSON object. Download the model again.")
    return config


def _weight_files(folder: Path) -> list[Path]:
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / WEIGHTS_INDEX).is_file():
        return _shards(folder)
    other = sorted(file.name for pattern in ("*.bin", "*.pt", "*.pth", "*.gguf") for file in folder.glob(pattern))
    if other:
        raise MissingError(
            f"{folder}: the weights are {other[0]}, and tunegate loads safetensors only (other formats can run code when opened, "
            f"or do not train). Convert them to {WEIGHTS}."
        )
    raise MissingError(f"{folder}: the folder has a config.json but no weights ({WEIGHTS} or {WEIGHTS_INDEX}).")


def _shards(folder: Path) -> list[Path]:
    try:
        named = json.loads((folder / WEIGHTS_INDEX).read_bytes())["weight_map"].values()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MissingError(
            f"{folder}/{WEIGHTS_INDEX}: is no list of weight files ({error!r}). Download the model again."
        ) from error
    shards = sorted({folder / str(name) for name in named})
    absent = [shard.name for shard in shards if not shard.is_file()]
    if absent:
        raise MissingError(f"{folder}: {len(absent)} of {len(shards)} weight files are missing, the first is {absent[0]}.")
    return shards


def _count_parameters(weights: list[Path], config: dict[str, Any]) -> int | None:
    """Sum the tensor shapes in the safetensors headers; None for packed (quantised) weights, whose shapes say less."""
    counts = [_parameters_in(file) for file in weights]
    return None if "quantization_config" in config else sum(counts)


def _parameters_in(file: Path) -> int:
    """Read one safetensors header: 8 bytes of length, little endian, then JSON (https://github.com/huggingface/safetensors)."""
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > size:
                raise ValueError("the header is longer than the file")
            header = json.loads(stream.read(length))
        tensors = [tensor for name, tensor in header.items() if name != "__metadata__"]
        end = max((tensor["data_offsets"][1] for tensor in tensors), default=0)
        if size != 8 + length + end:
            raise ValueError(f"{size} bytes where its header promises {8 + length + end}")
        return sum(_product(tensor["shape"]) for tensor in tensors)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MissingError(f"{file}: the weight file is damaged ({error}). Download or copy it again.") from error


def _product(shape: list[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def _context_length(config: dict[str, Any]) -> int | None:
    """Return the longest input in tokens that the config admits; models with a text part keep it there."""
    text = config.get("text_config")
    for place in (config, text if isinstance(text, dict) else {}):
        for key in CONTEXT_KEYS:
            if isinstance(place.get(key), int):
                return int(place[key])
    return None


def _has_chat_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    try:
        return bool(json.loads((folder / "tokenizer_config.json").read_bytes()).get("chat_template"))
    except (OSError, ValueError, AttributeError):
        return False


def _content_digest(folder: Path, weights: list[Path]) -> str:
    """Return one sha256 over names and contents of everything that decides what the model says."""
    found = hashlib.sha256()
    for file in sorted({*weights, *(folder / name for name in IDENTITY if (folder / name).is_file())}):
        with file.open("rb") as stream:
            found.update(f"{file.name}\0{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()


def _portable(folder: Path) -> str:
    home = Path.home()
    return f"~/{folder.relative_to(home).as_posix()}" if folder.is_relative_to(home) and folder != home else str(folder)
