"""Measuring baseline against candidate: one ledger of answers, one pass of probabilities, one judge, then every metric."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evals.capability.harness import Layout
from evals.capability.measuring import Asking, measure_capability
from evals.detectors.leaks_training import read_trained
from evals.generate import GenerationSettings, Ledger, generate, stop_if_asked
from evals.greedy import fit_context
from evals.judges.judging import judge_answers
from evals.logprobs import Drifts, compare_logprobs
from evals.metrics.capability import capability
from evals.metrics.drift import kl, kl_reverse, perplexity
from evals.metrics.format import format_metric
from evals.metrics.jailbreak import jailbreak
from evals.metrics.length import length
from evals.metrics.measured import Measured
from evals.metrics.noise_floor import with_noise
from evals.metrics.over_refusal import over_refusal
from evals.metrics.personal_data import leaks, personal_data_types, verbatim
from evals.metrics.refusal import refusal
from evals.metrics.reward import reward, score_answers
from evals.metrics.toxicity import toxicity
from evals.metrics.two_sample import answer_drift
from evals.metrics.win_rate import win_rate
from evals.metrics.win_rates import win_rates
from evals.metrics.worst_of import worst_toxicity
from evals.models import LoadedTokenizer, ModelPair, load_pair, load_tokenizer
from evals.noise import First, numeric_noise
from evals.plugins.metrics import compute_metrics, load_metrics
from evals.samples import Drawing, draw_samples
from evals.suites import load_suites
from reports.digest import file_digest, text_digest
from reports.errors import StageError
from reports.progress import ProgressLog
from reports.records.evaluation import Metric, Metrics, SuiteItem
from reports.records.plan import Plan
from reports.rundir import RunDir

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

METRICS: Final[tuple[Callable[[Measured], Metric], ...]] = (
    win_rate,
    refusal,
    over_refusal,
    jailbreak,
    toxicity,
    leaks,
    personal_data_types,
    verbatim,
    lambda measured: perplexity(measured, "general"),
    lambda measured: perplexity(measured, "target"),
    lambda measured: kl(measured, "general"),
    lambda measured: kl_reverse(measured, "general"),
    lambda measured: kl(measured, "target"),
    lambda measured: kl_reverse(measured, "target"),
    length,
    lambda measured: answer_drift(measured, "general"),
    lambda measured: answer_drift(measured, "target"),
)
NEW_TOKENS: Final = 128
BATCH_TOKENS: Final = 8192


def measure(run: RunDir, plan: Plan, progress: ProgressLog) -> Metrics:
    """Measure what the plan asks for and write `evals/metrics.json`, last of all.

    Answers are written as they come; measuring again generates only what is missing.

    Raises:
        MissingError: the model, the trained adapter, the judge, a suite, a plugin or the file of canaries is gone.
        DataError: a suite has a row that cannot be used.
        StageError: the plan has no training stage, so there is no candidate.
        InterruptedRunError: a stop was requested; the answers so far are kept.
    """
    if not plan.stages:
        raise StageError("The plan has no training stage, so there is no candidate to measure. Choose a strategy that trains.")
    plugins = load_metrics(gate.metric for gate in plan.gates)
    learned = read_trained(run, plan)
    items = [*load_suites(run, plan), *(learned.baits if _asks_for_secrets(plan) else ())]
    loaded = load_tokenizer(plan.model, messages=any(not isinstance(item.prompt, str) for item in items))
    trained = run.adapter(plan.stages[-1].name)
    pair = load_pair(plan.model, trained)
    settings = _settings(plan, pair, loaded.tokenizer, trained)
    answered = measure_capability(
        plan, Asking(run, pair, loaded.tokenizer, settings.identity, _layout(plan, items, settings), progress)
    )
    ledger = generate(run, pair, loaded.tokenizer, items, settings, progress)
    drifts = compare_logprobs(pair, loaded.tokenizer, _texts(items), plan.model.context_length, settings.batch_tokens, progress)
    stop_if_asked(run, "after all answers")
    first = First(items, ledger, drifts, plan.model.context_length)
    noise = numeric_noise(run, pair, loaded.tokenizer, first, settings, progress)
    drawing = Drawing(settings, _setting(plan, "toxicity_samples", 0), plan.seed)
    sampled = draw_samples(run, pair, loaded.tokenizer, items, drawing, progress)
    del pair
    _free_memory()
    target = [item for item in items if item.suite == "target"]
    judged = judge_answers(run, plan, loaded.tokenizer, target, ledger.completions, progress)
    _free_memory()
    measured = Measured(items, ledger.completions, drifts, judged, learned, plan.house_refusals)
    rewarded = score_answers(run, plan, items, ledger.completions)
    found = (
        *(compute(measured) for compute in METRICS),
        *win_rates(measured),
        *worst_toxicity(measured, sampled),
        *((reward(measured, rewarded),) if rewarded else ()),
        *((format_metric(measured, plan.formats),) if plan.formats else ()),
        *(capability(task) for task in answered),
        *compute_metrics(plugins, measured),
    )
    metrics = Metrics(
        metrics=tuple(with_noise(metric, noise) for metric in found),
        generation_passes=ledger.passes,
        notes=(*_notes(plan, settings, loaded, ledger, drifts), *judged.notes),
    )
    run.write(metrics)
    return metrics


def _settings(plan: Plan, pair: ModelPair, tokenizer: "PreTrainedTokenizerBase", trained: Path) -> GenerationSettings:
    new_tokens, prompt_tokens = fit_context(_setting(plan, "max_new_tokens", NEW_TOKENS), plan.model.context_length)
    told = (plan.model.digest, str(pair.candidate.dtype), str(tokenizer.chat_template or ""))
    return GenerationSettings(
        new_tokens=new_tokens,
        prompt_tokens=prompt_tokens,
        batch_tokens=_setting(plan, "batch_tokens", BATCH_TOKENS),
        identity={"baseline": text_digest(*told, ""), "candidate": text_digest(*told, _trained_digest(trained))},
    )


def _layout(plan: Plan, items: Sequence[SuiteItem], settings: GenerationSettings) -> Layout:
    """Put tasks as turns where the run does and the model was made for them; a template that is only lent stays out."""
    has_turns = any(not isinstance(item.prompt, str) for item in items)
    return Layout(plan.model.context_length, settings.batch_tokens, has_turns and plan.model.has_chat_template)


def _setting(plan: Plan, name: str, default: int) -> int:
    value = {choice.name: choice.value for choice in plan.evaluation}.get(name)
    return int(value) if isinstance(value, int | float) and value >= 1 else default


def _asks_for_secrets(plan: Plan) -> bool:
    return any(suite.name == "personal" for suite in plan.suites)


def _trained_digest(folder: Path) -> str:
    files = sorted(file for pattern in ("*.safetensors", "*config.json") for file in folder.glob(pattern))
    return text_digest(*(part for file in files for part in (file.name, file_digest(file))))


def _texts(items: Sequence[SuiteItem]) -> list[SuiteItem]:
    """Return what is scored token by token: answers known to be good in the target domain, and texts outside it."""
    return [item for item in items if item.suite == "general" or (item.suite == "target" and item.reference)]


def _notes(plan: Plan, settings: GenerationSettings, loaded: LoadedTokenizer, ledger: Ledger, drifts: Drifts) -> tuple[str, ...]:
    wished = _setting(plan, "max_new_tokens", NEW_TOKENS)
    context = plan.model.context_length
    short = (f"Answers end after {settings.new_tokens} tokens, not {wished}: half of the model's context of {context}.",)
    cut = _cut(ledger, settings)
    return (*loaded.notes, *(short if settings.new_tokens < wished else ()), *cut, *ledger.notes, *drifts.notes)


def _cut(ledger: Ledger, settings: GenerationSettings) -> tuple[str, ...]:
    """Say how many answers the limit cut off: a judge reads them as if they ended there."""
    told = []
    for side, lines in ledger.completions.items():
        cut = sum(line.finish == "length" for line in lines.values())
        if cut:
            told.append(f"{cut} of {len(lines)} answers of the {side} were cut at {settings.new_tokens} tokens.")
    return tuple(told)


def _free_memory() -> None:
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
