"""The model ready to be asked, and the prompts it is asked."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.greedy import fit_context
from evals.probing.rows import Asked, ProbeRows
from evals.probing.sampling import Ids, Speaker, prepare_speaker
from evals.rendering import Prompt, encode_prompt
from reports.progress import ProgressLog
from reports.records.plan import ModelRef
from reports.records.probe import ProbeRequest

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

STAGE: Final = "probe"
UNSTATED_CONTEXT: Final = 4096
"""Tokens, where the model's config states no context length."""


class Encoded(NamedTuple):
    """Prompts that the chat template accepts, as tokens."""

    asked: list[Asked]
    ids: list[Ids]
    cut: int
    """Prompts that are too long: they lost their beginning, or were left out."""
    refused: int


class Bench(NamedTuple):
    """Everything a measurement needs."""

    request: ProbeRequest
    speaker: Speaker
    rows: ProbeRows
    prompts: Encoded
    prompt_tokens: int
    """Room for a prompt."""
    context: int
    progress: ProgressLog
    notes: tuple[str, ...]

    @property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        """The model's tokenizer."""
        return self.speaker.tokenizer


def set_up(request: ProbeRequest, ref: ModelRef, rows: ProbeRows, progress: ProgressLog) -> Bench:
    """Load the model and encode the first prompts; MissingError where the model cannot be loaded."""
    from evals.models import load_base, load_tokenizer

    loaded = load_tokenizer(ref, rows.has_messages)
    new_tokens, prompt_tokens = fit_context(request.new_tokens, ref.context_length)
    speaker = prepare_speaker(load_base(ref).eval(), loaded.tokenizer, new_tokens, request.batch_tokens, request.seed)
    prompts = encode_prompts(loaded.tokenizer, ((one, one.prompt) for one in rows.asked), prompt_tokens, request.prompts)
    context = ref.context_length or UNSTATED_CONTEXT
    notes = [*loaded.notes]
    if new_tokens < request.new_tokens:
        notes.append(
            f"Answers end after {new_tokens} tokens, not {request.new_tokens}: half of the model's context of {context}."
        )
    if prompts.cut:
        notes.append(
            f"{prompts.cut} of {len(prompts.ids)} prompts were longer than {prompt_tokens} tokens; their beginning was left out."
        )
    if prompts.refused:
        notes.append(f"{prompts.refused} prompts were not asked, since the chat template refuses them.")
    return Bench(request, speaker, rows, prompts, prompt_tokens, context, progress, tuple(notes))


def encode_prompts(
    tokenizer: "PreTrainedTokenizerBase", prompts: Iterable[tuple[Asked, Prompt]], limit: int, wanted: int, whole: bool = False
) -> Encoded:
    """Encode prompts until as many as `wanted` are accepted; one of more than `limit` tokens is cut, or left out with `whole`."""
    import jinja2

    asked: list[Asked] = []
    ids: list[Ids] = []
    cut = refused = 0
    for one, prompt in prompts:
        if len(asked) == wanted:
            break
        try:
            encoded = encode_prompt(tokenizer, prompt, limit)
        except (jinja2.TemplateError, ValueError, TypeError):
            refused += 1
            continue
        cut += encoded.was_cut
        if not (whole and encoded.was_cut):
            asked.append(one)
            ids.append(encoded.ids)
    return Encoded(asked, ids, cut, refused)
