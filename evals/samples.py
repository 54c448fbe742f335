"""Several sampled answers to each prompt on both sides: what a model may say, beside what it says first."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.generate import SIDES, STAGE, GenerationSettings, Request, collect_requests, stop_if_asked
from evals.models import ModelPair
from evals.probing.sampling import prepare_speaker
from reports.digest import text_digest
from reports.progress import ProgressLog
from reports.records.evaluation import SampledAnswers, Side, SuiteItem
from reports.rundir import RunDir

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Sampled = dict[Side, dict[str, tuple[str, ...]]]
"""By side and prompt id."""
FEWEST: Final = 2


class Drawing(NamedTuple):
    """How answers are drawn."""

    settings: GenerationSettings
    samples: int
    """Answers to each prompt; below 2 none are drawn."""
    seed: int


def draw_samples(
    run: RunDir,
    pair: ModelPair,
    tokenizer: "PreTrainedTokenizerBase",
    items: Sequence[SuiteItem],
    drawing: Drawing,
    progress: ProgressLog,
) -> Sampled:
    """Draw answers to every prompt at temperature 1, a line of the run each; nothing where fewer than two are asked for.

    A prompt's answers depend on nothing but the models, the prompt and the seed, so a measurement that goes on after a stop
    comes to the same. A prompt that fails is left out, and missing in what is computed.

    Raises:
        InterruptedRunError: a stop was requested; the answers so far are kept.
    """
    found: Sampled = {side: {} for side in SIDES}
    settings, samples, seed = drawing
    if samples < FEWEST:
        return found
    requests = collect_requests(tokenizer, items, settings.prompt_tokens).asked
    known = {line.key: line.answers for line in run.samples.read()}
    for side in SIDES:
        progress.begin(STAGE, f"Sampling {samples} answers, {side}", len(requests), "prompts")
        with pair.side(side) as model:
            speaker = prepare_speaker(model, tokenizer, settings.new_tokens, settings.batch_tokens, seed)
            for done, request in enumerate(requests, 1):
                key = _key(drawing, side, request)
                if key not in known:
                    (drawn,) = speaker.sample([request.ids], samples, lambda _: None).answers
                    if drawn is None:
                        continue
                    known[key] = tuple(answer.text for answer in drawn)
                    run.samples.append(SampledAnswers(key=key, side=side, prompt_id=request.items[0].id, answers=known[key]))
                found[side] |= {item.id: known[key] for item in request.items}
                progress.advance(done)
                stop_if_asked(run, f"after the samples of {done} prompts of the {side}")
    return found


def _key(drawing: Drawing, side: Side, request: Request) -> str:
    how = f"{drawing.samples} sampled {drawing.settings.new_tokens} {drawing.seed}"
    return text_digest(drawing.settings.identity[side], how, " ".join(map(str, request.ids)))
