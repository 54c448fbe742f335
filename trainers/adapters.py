"""Which weights a stage starts from and which it trains: adapter, 4-bit base with adapter, or all of them."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from reports.errors import MissingError, UsageError
from reports.records.plan import Plan, StagePlan
from reports.rundir import RunDir
from trainers.launching.weights import are_shared
from trainers.methods import stage_before

if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from transformers import BitsAndBytesConfig, PreTrainedModel

ADAPTER: Final = "default"
"""The name peft gives to the adapter that is trained; TRL's frozen copy of it, DPO's reference, is called `ref`."""
LORA_OPTIONS: Final = {"lora_r": "r", "lora_alpha": "lora_alpha", "lora_dropout": "lora_dropout", "lora_target": "target_modules"}


class Policy(NamedTuple):
    """The model a trainer is given, and the adapter it must put on it first, if any."""

    model: "PreTrainedModel | PeftModel"
    lora: "LoraConfig | None"


def load_policy(run: RunDir, plan: Plan, stage: StagePlan) -> Policy:
    """Load the language model a stage starts from.

    A stage that continues another gets the base with that stage's adapter, which it trains further, so that the last
    adapter on the untouched base is the candidate. Without one, the trainer puts a fresh adapter on the base, and the
    base itself (adapter off) is DPO's reference.

    Raises:
        MissingError: model, adapter, GPU or bitsandbytes is absent.
        UsageError: an adapter setting differs from that of the adapter being continued.
    """
    before = stage_before(plan, stage)
    if plan.parameters == "full":
        return Policy(_load_whole(str(run.adapter(before.name)) if before else plan.model.name), None)
    base = _load_base(plan)
    if before is None:
        return Policy(base, lora_config(stage, "CAUSAL_LM"))
    return Policy(_continue(base, run.adapter(before.name), before, stage), None)


def load_scorer(plan: Plan) -> "PreTrainedModel":
    """Load the base with a fresh head that gives one score; MissingError where the architecture has no such head."""
    import torch
    from transformers import AutoModelForSequenceClassification

    from evals.model_source import model_place
    from evals.models import pick_device, pick_dtype

    device = pick_device()
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            model_place(plan.model.name),
            num_labels=1,
            dtype=torch.float32 if plan.parameters == "full" else pick_dtype(device),
            quantization_config=quantization(plan),
            use_safetensors=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, KeyError) as error:
        raise MissingError(
            f"{plan.model.label}: no reward model can be built on this base ({error}). "
            "Use a base that transformers knows for sequence classification, or measure without win rate."
        ) from error
    return model if plan.parameters == "qlora" or are_shared() else model.to(device)


def lora_config(stage: StagePlan, task: Literal["CAUSAL_LM", "SEQ_CLS"]) -> "LoraConfig":
    """Return peft's configuration of a new adapter; for `SEQ_CLS` peft trains and saves the head of the model too."""
    from peft import LoraConfig

    options = {LORA_OPTIONS[name]: value for name, value in stage.values().items() if name in LORA_OPTIONS}
    targets = str(options.pop("target_modules", "all-linear"))
    layers = targets if targets == "all-linear" else [name.strip() for name in targets.split(",")]
    return LoraConfig(task_type=task, target_modules=layers, **options)


def quantization(plan: Plan) -> "BitsAndBytesConfig | None":
    """Return how the base is stored: None for its own type, 4-bit NormalFloat for QLoRA (Dettmers et al. 2023).

    Raises MissingError where QLoRA cannot work.
    """
    if plan.parameters != "qlora":
        return None
    import torch

    if not torch.cuda.is_available() or find_spec("bitsandbytes") is None:
        lacking = "bitsandbytes is not installed" if torch.cuda.is_available() else "there is no GPU"
        raise MissingError(
            f"The plan trains with QLoRA, but {lacking}. "
            "Choose LoRA instead, or install the extra `tunegate[qlora]` on a machine with a GPU."
        )
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.bfloat16
    )


def _load_base(plan: Plan) -> "PreTrainedModel":
    from evals.models import load_base

    stored = quantization(plan)
    if stored is None:
        return load_base(plan.model, move=not are_shared())
    import torch
    from transformers import AutoModelForCausalLM

    from evals.model_source import model_place

    place = model_place(plan.model.name)
    return AutoModelForCausalLM.from_pretrained(
        place, quantization_config=stored, use_safetensors=True, device_map={"": torch.cuda.current_device()}
    )


def _load_whole(place: str) -> "PreTrainedModel":
    """Load all weights for training: in float32 on any device, for small updates vanish in bfloat16."""
    from evals.models import load_base

    return load_base(place, move=not are_shared()).float()


def _continue(base: "PreTrainedModel", adapter: Path, before: StagePlan, stage: StagePlan) -> "PeftModel":
    from peft import PeftModel

    if not (adapter / "adapter_config.json").is_file():
        raise MissingError(f"{stage.name} continues the adapter of {before.name}, which is not there. Run {before.name} again.")
    fixed = before.values()
    for choice in stage.choices:
        if choice.name in LORA_OPTIONS and choice.origin == "user" and choice.value != fixed.get(choice.name):
            raise UsageError(
                f"{stage.name}: {choice.name} = {choice.value}, but this stage continues the adapter of {before.name}, "
                f"which has {fixed.get(choice.name)}. Set it for {before.name}, or leave it out."
            )
    return PeftModel.from_pretrained(base, str(adapter), is_trainable=True, torch_device=str(base.device))
