"""The reward-model judge: one score for each answer, and a preference from two scores."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.batching import Batches
from evals.model_source import model_place
from evals.models import pick_device, pick_dtype
from evals.rendering import Prompt, encode_answer
from reports.errors import MissingError
from reports.records.plan import ModelRef

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

HEAD: Final = "score"
"""The name that transformers gives to the scoring layer of a causal model."""
BYTES_IN_FLOAT32: Final = 4
HEADROOM: Final = 1.5
"""Free memory, as a multiple of the weights, that scoring in float32 asks for."""


class Answered(NamedTuple):
    """A prompt with one answer to it."""

    prompt: Prompt
    answer: str


class RewardJudge(NamedTuple):
    """A reward model that is ready to score."""

    model: "PreTrainedModel | PeftModel"
    tokenizer: "PreTrainedTokenizerBase"
    context: int
    batch_tokens: int

    @property
    def is_exact(self) -> bool:
        """Whether scores are computed in float32."""
        return "float32" in str(next(self.model.parameters()).dtype)

    def score(self, answers: Sequence[Answered], batch_tokens: int | None = None) -> list[float | None]:
        """Return one score for each answer, larger is better; None where the model gave no finite number.

        Scores have no unit: only the difference of two answers to one prompt means something.
        """
        import jinja2

        encoded: list[tuple[int, tuple[int, ...]]] = []
        for position, answered in enumerate(answers):
            try:
                encoded.append((position, encode_answer(self.tokenizer, *answered, self.context).ids))
            except (jinja2.TemplateError, ValueError, TypeError):
                continue  # the place of this answer stays None: a failed score is missing
        scores: list[float | None] = [None] * len(answers)
        batches = Batches(encoded, lambda row: len(row[1]), batch_tokens or self.batch_tokens)
        for worked in batches.run(lambda batch: self._forward([ids for _, ids in batch])):
            for (position, _), score in zip(worked.batch, worked.result or (), strict=False):
                scores[position] = score if math.isfinite(score) else None
        return scores

    def _forward(self, rows: Sequence[tuple[int, ...]]) -> list[float]:
        import torch

        pad = self.tokenizer.pad_token_id
        width = max(len(row) for row in rows)
        ids = [list(row) + [pad] * (width - len(row)) for row in rows]
        mask = [[1] * len(row) + [0] * (width - len(row)) for row in rows]
        device = self.model.device
        with torch.inference_mode():
            logits = self.model(
                input_ids=torch.tensor(ids, device=device), attention_mask=torch.tensor(mask, device=device), use_cache=False
            ).logits
        return [float(score) for score in logits[:, 0].float().tolist()]


def load_judge(model: ModelRef, folder: Path, tokenizer: "PreTrainedTokenizerBase", batch_tokens: int = 8192) -> RewardJudge:
    """Load the reward model that the judge stage saved in `folder`: an adapter with its scoring head, or a whole model.

    Raises:
        MissingError: nothing usable is there; a head without trained weights is refused, for it would score at random.
    """
    device = pick_device()
    dtype = _dtype(model, device)
    try:
        judge = (
            _load_adapter(model, folder, dtype, device) if _is_adapter(folder) else _load_scorer(str(folder), dtype).to(device)
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise MissingError(
            f"{folder}: the judge cannot be loaded ({error}). Train it again: remove the folder and continue the run."
        ) from error
    judge.config.get_text_config().pad_token_id = tokenizer.pad_token_id
    return RewardJudge(judge.eval(), tokenizer, model.context_length or 4096, batch_tokens)


def preference(baseline: float | None, candidate: float | None) -> float | None:
    """Return the probability, 0 to 1, that the candidate's answer is better; None where a score is missing.

    The Bradley-Terry model that reward models are trained under: the sigmoid of the difference of scores
    (Bradley and Terry, Biometrika 39, 1952).
    """
    if baseline is None or candidate is None:
        return None
    gap = candidate - baseline
    return 1 / (1 + math.exp(-gap)) if gap >= 0 else math.exp(gap) / (1 + math.exp(gap))


def _is_adapter(folder: Path) -> bool:
    return (folder / "adapter_config.json").is_file()


def _load_scorer(place: str, dtype: "torch.dtype") -> "PreTrainedModel":
    """Load without transformers' report on the head: where it is absent here, the adapter brings it."""
    from transformers import AutoModelForSequenceClassification
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        return AutoModelForSequenceClassification.from_pretrained(
            place, num_labels=1, dtype=dtype, use_safetensors=True, trust_remote_code=False
        )
    finally:
        logging.set_verbosity(before)


def _load_adapter(model: ModelRef, folder: Path, dtype: "torch.dtype", device: "torch.device") -> "PeftModel":
    from peft import PeftModel
    from safetensors import safe_open

    with safe_open(str(folder / "adapter_model.safetensors"), framework="pt") as weights:
        if not any(HEAD in name for name in weights.keys()):  # noqa: SIM118  # not a dict
            raise ValueError(f"the adapter has no trained '{HEAD}' layer")
    base = _load_scorer(model_place(model.name), dtype).to(device)
    return PeftModel.from_pretrained(base, str(folder), torch_device=str(device))


def _dtype(model: ModelRef, device: "torch.device") -> "torch.dtype":
    """Return float32 where the judge fits in memory that way, for half precision makes scores depend on padding."""
    import torch

    if device.type == "cuda" and model.parameters is not None:
        free, _ = torch.cuda.mem_get_info(device)
        return torch.float32 if HEADROOM * BYTES_IN_FLOAT32 * model.parameters < free else pick_dtype(device)
    return pick_dtype(device)
