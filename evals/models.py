"""Loading a base model, its tokenizer and the pair of baseline and candidate, by one set of rules for training and measuring."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.model_source import model_place
from reports.errors import MissingError
from reports.records.evaluation import Side
from reports.records.plan import ModelRef

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

FALLBACK_TEMPLATE: Final = (
    "{BOS}"
    "{% for message in messages %}"
    "{{ '' if loop.first else '\n\n' }}{{ '### ' + message['role'] | capitalize + ':\n' + message['content'] | trim }}"
    "{% if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '\n\n### Assistant:\n' }}{% endif %}"
)
"""Plain text with a heading for each turn, for base models that know no turns; an answer ends with the end token."""
SPARE_NAMES: Final = ("pad", "reserved", "unused")


class LoadedTokenizer(NamedTuple):
    """A tokenizer that can pad, end and (for messages) render, with the rules that made it so."""

    tokenizer: "PreTrainedTokenizerBase"
    notes: tuple[str, ...]


class ModelPair(NamedTuple):
    """Baseline and candidate behind one door, whether they share weights or not."""

    candidate: "PreTrainedModel | PeftModel"
    baseline: "PreTrainedModel | None" = None
    """None: the baseline is the candidate with its adapter off."""

    @contextmanager
    def side(self, side: Side) -> Iterator["PreTrainedModel | PeftModel"]:
        """Give the model of one side for as long as the block runs."""
        if side == "candidate":
            yield self.candidate
        elif self.baseline is not None:
            yield self.baseline
        else:
            with self.candidate.disable_adapter():
                yield self.candidate


def load_tokenizer(model: ModelRef | str, messages: bool) -> LoadedTokenizer:
    """Load the tokenizer and mend what training and generation cannot do without.

    A missing end token is taken from the model's configuration; a padding token that is missing or equals the end token
    is replaced, so that no end token is ever taken for padding; with `messages`, a missing chat template is replaced by
    a plain-text one. Each rule that was applied is named in `notes`. Padding goes to the left, for generation.

    Raises:
        MissingError: there is no tokenizer, or it has no end token.
    """
    from transformers import AutoTokenizer

    place = _place(model)
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingError(
            f"{place}: the tokenizer cannot be loaded ({error}). Check tokenizer.json in the model folder."
        ) from error
    tokenizer.padding_side = "left"
    notes = [*_mend_end_token(tokenizer, place), *_mend_padding(tokenizer)]
    if messages and not tokenizer.chat_template:
        tokenizer.chat_template = fallback_template(tokenizer)
        notes.append("The model has no chat template; turns are written as plain text under '### User:' and '### Assistant:'.")
    return LoadedTokenizer(tokenizer, tuple(notes))


def load_base(model: ModelRef | str, move: bool = True) -> "PreTrainedModel":
    """Load the base model for this machine: float32 on the CPU, bfloat16 on a GPU that has it; safetensors only.

    Args:
        move: whether to put it on the GPU; not where processes that divide it have no room for the whole.

    Raises:
        MissingError: the weights are absent, damaged, or of an architecture that needs code from the model's folder.
    """
    from transformers import AutoModelForCausalLM

    place = _place(model)
    device = pick_device()
    try:
        loaded = AutoModelForCausalLM.from_pretrained(
            place, dtype=pick_dtype(device), use_safetensors=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise MissingError(f"{place}: the model cannot be loaded ({error}). Check the folder with `tunegate doctor`.") from error
    return loaded.to(device) if move else loaded


def load_candidate(model: ModelRef | str, adapter: Path) -> "PeftModel":
    """Load the base with one adapter on it, ready for inference; `model.disable_adapter()` gives the baseline.

    Raises:
        MissingError: the adapter is absent, or does not fit the base.
    """
    from peft import PeftModel

    if not (adapter / "adapter_config.json").is_file():
        raise MissingError(
            f"{adapter}: holds no adapter. The training stage before did not finish; continue the run with `tunegate run`."
        )
    base = load_base(model)
    try:
        return PeftModel.from_pretrained(base, str(adapter), torch_device=str(base.device)).eval()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise MissingError(f"{adapter}: the adapter does not fit the base model ({error}).") from error


def load_pair(model: ModelRef | str, trained: Path) -> ModelPair:
    """Load baseline and candidate, where `trained` holds an adapter, or a whole model after full fine-tuning."""
    if (trained / "adapter_config.json").is_file() or not (trained / "config.json").is_file():
        return ModelPair(load_candidate(model, trained))
    return ModelPair(candidate=load_base(str(trained)).eval(), baseline=load_base(model).eval())


def pick_device() -> "torch.device":
    """Return the first GPU, else the CPU."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pick_dtype(device: "torch.device") -> "torch.dtype":
    """Return bfloat16 on a GPU that computes in it, else float32."""
    import torch

    return torch.bfloat16 if device.type == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


def fallback_template(tokenizer: "PreTrainedTokenizerBase") -> str:
    """Return the plain-text chat template, opened by the begin token where the tokenizer writes one before a text."""
    ids = tokenizer("a")["input_ids"]
    begins = bool(ids) and ids[0] == tokenizer.bos_token_id
    return FALLBACK_TEMPLATE.replace("{BOS}", "{{ bos_token }}" if begins else "")


def _place(model: ModelRef | str) -> str:
    return model_place(model.name if isinstance(model, ModelRef) else str(model))


def _mend_end_token(tokenizer: "PreTrainedTokenizerBase", place: str) -> list[str]:
    from transformers import AutoConfig

    if tokenizer.eos_token is not None:
        return []
    end = AutoConfig.from_pretrained(place, trust_remote_code=False).eos_token_id
    first = end[0] if isinstance(end, list) and end else end
    if not isinstance(first, int):
        raise MissingError(
            f"{place}: neither tokenizer nor config names an end token, so an answer "
            "could never end. Set eos_token in tokenizer_config.json."
        )
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(first)
    return [f"The tokenizer names no end token; {tokenizer.eos_token!r} is used, as the model's config says."]


def _mend_padding(tokenizer: "PreTrainedTokenizerBase") -> list[str]:
    if tokenizer.pad_token is not None and tokenizer.pad_token != tokenizer.eos_token:
        return []
    was = "has no padding token" if tokenizer.pad_token is None else f"pads with its end token {tokenizer.eos_token!r}"
    spare = _spare_token(tokenizer)
    tokenizer.pad_token = spare or tokenizer.eos_token
    if spare:
        return [f"The tokenizer {was}; {spare!r} is used for padding, so that end tokens stay in the labels."]
    return [
        f"The tokenizer {was} and has no spare one; {tokenizer.eos_token!r} pads, and padding is masked by position, "
        "not by token, so that end tokens stay in the labels."
    ]


def _spare_token(tokenizer: "PreTrainedTokenizerBase") -> str | None:
    """Return the unknown token, else a special token that is named as a spare one and not written by the chat template."""
    if tokenizer.unk_token is not None and tokenizer.unk_token != tokenizer.eos_token:
        return str(tokenizer.unk_token)
    template = str(tokenizer.chat_template or "")
    taken = {tokenizer.eos_token, tokenizer.bos_token}
    special = [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]
    free = [token for token in special if token not in taken and token not in template]
    return next((token for name in SPARE_NAMES for token in free if name in token.lower()), None)
