"""The model card of a candidate, with metadata as the Hugging Face Hub reads it; it holds no prompt and no answer."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from reports.contents import Contents
from reports.headline import headline_of
from reports.records.evaluation import Metric
from reports.records.plan import ModelRef
from reports.sharing.markup import code, one_line, plain, prose, quoted
from reports.sharing.profiles import for_profile
from reports.sharing.pull_request import gate_table, signed_words, table
from reports.wording import METHODS, interval, margin, moment, number, setting

if TYPE_CHECKING:
    from huggingface_hub import EvalResult, ModelCardData

_HUB_NAME: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
_REVISION: Final = re.compile(r"[0-9a-f]{40}")
_TRL: Final = frozenset({"sft", "dpo", "kto", "orpo", "rloo", "grpo"})


def model_card_of(contents: Contents) -> str:
    """Return `model_card.md`: the Hub's metadata, then verdict, results, training, data and limits."""
    shown = for_profile(contents, "public")
    body = "\n\n".join([*_verdict(shown), *_training(shown), *_data(shown), *_results(shown), *_limits(shown)])
    return f"---\n{card_data(shown).to_yaml()}\n---\n\n{body}\n"


def card_data(contents: Contents) -> "ModelCardData":
    """Return the metadata; the base model is named only where it is one of the Hub, since a folder means nothing there.

    Of a candidate that was not trained here, neither library nor base model is claimed.
    """
    from huggingface_hub import ModelCardData

    plan, record = contents.plan, contents.record
    methods = [stage.method for stage in contents.stages if stage.method in _TRL]
    results = hub_results(contents)
    extra: dict[str, Any] = {}
    trained = plan if contents.stages else None
    if trained and is_on_hub(trained.model):
        extra = {
            "base_model": trained.model.name,
            "base_model_relation": "finetune" if trained.parameters == "full" else "adapter",
        }
    return ModelCardData(
        library_name=("transformers" if trained.parameters == "full" else "peft") if trained else None,
        pipeline_tag="text-generation",
        tags=["tunegate", "text-generation", *(["trl"] if methods else []), *dict.fromkeys(methods)],
        model_name=(one_line(record.title, 120) or record.run_id) if results else None,
        eval_results=results or None,
        **extra,
    )


def is_on_hub(model: ModelRef) -> bool:
    """Say whether a model was loaded from the Hub, where its digest is a revision."""
    return bool(_HUB_NAME.fullmatch(model.name) and _REVISION.fullmatch(model.digest))


def hub_results(contents: Contents) -> "list[EvalResult]":
    """Return the candidate's measured metrics as the Hub's model index holds them."""
    from huggingface_hub import EvalResult

    return [
        EvalResult(
            task_type="text-generation",
            dataset_type=metric.suite,
            dataset_name=f"tunegate suite: {metric.suite}",
            metric_type=metric.name,
            metric_name=one_line(metric.title, 120),
            metric_value=metric.candidate.value,
        )
        for metric in measured_metrics(contents)
    ]


def measured_metrics(contents: Contents) -> list[Metric]:
    """Return the metrics whose candidate has a value."""
    metrics = contents.metrics.metrics if contents.metrics else ()
    return [metric for metric in metrics if metric.candidate.value is not None]


def _verdict(contents: Contents) -> Iterator[str]:
    headline, record = headline_of(contents), contents.record
    base = contents.plan.model.label if contents.plan else record.model
    yield f"# {plain(record.title, 120)}"
    if contents.stages:
        yield f"A candidate tuned from {code(base, 120)} with tunegate ({plain(record.strategy, 40)})."
    else:
        yield f"A candidate measured by tunegate ({plain(base, 120)})."
    yield "## May it ship?"
    yield f"**{headline.sign} {headline.word}.** {prose(headline.because)}"
    yield f"Next: {prose(headline.next_step)}"
    if contents.signed:
        yield f"Sign-offs: {', '.join(signed_words(signed) for signed in contents.signed)}"


def _training(contents: Contents) -> Iterator[str]:
    yield "## Training"
    if not contents.stages:
        yield f"Not known: {prose(contents.absent.get('plan', contents.pending))}"
    for stage in contents.stages:
        yield f"### Stage {code(stage.name, 80)}: {METHODS.get(stage.method, plain(stage.method, 40))}"
        yield _stage_result(stage.result.steps if stage.result else None, stage.result.stopped_early if stage.result else "")
        if stage.plan:
            rows = [(code(c.name, 80), plain(setting(c.value), 120), prose(c.because, 240)) for c in stage.plan.choices]
            yield table(("Setting", "Value", "Because"), rows)


def _stage_result(steps: int | None, stopped_early: str) -> str:
    if steps is None:
        return "Not finished."
    return f"{steps} steps." + (f" Stopped early: {prose(stopped_early, 240)}" if stopped_early else "")


def _data(contents: Contents) -> Iterator[str]:
    yield "## Data"
    if contents.plan is None:
        yield f"Not known: {prose(contents.absent.get('plan', contents.pending))}"
        return
    rows = [(code(d.label, 120), str(d.rows), plain(d.layout, 80), code(d.digest[:16])) for d in contents.plan.data]
    yield table(("Source", "Rows", "Layout", "sha256"), rows)
    failed = [check for check in (contents.checks.checks if contents.checks else ()) if check.state == "fail"]
    for check in failed:
        accepted = f" Accepted: {prose(check.accepted_because, 240)}" if check.accepted_because else ""
        yield f"Failed check {code(check.code, 40)}: {prose(check.because, 240)}{accepted}"


def _results(contents: Contents) -> Iterator[str]:
    yield "## Results"
    if contents.gates is None or not contents.gates.results:
        yield f"Not measured: {prose(contents.absent.get('gates', contents.pending))}"
        return
    fixed = contents.plan is not None and not contents.gates.policy_changed
    yield f"Candidate against baseline, on the same prompts{'; margins were fixed before training' if fixed else ''}."
    for changed in contents.gates.policy_changed:
        yield f"Changed after the measurement: {prose(changed, 240)}"
    yield gate_table(contents.gates.results)
    gated = {result.metric for result in contents.gates.results}
    rows = [
        (plain(m.title, 120), plain(f"{number(m.candidate.value, m.unit)} ({interval(m.candidate, m.unit)})"), str(m.n))
        for m in measured_metrics(contents)
        if m.name not in gated
    ]
    if rows:
        yield "Measured without a gate:"
        yield table(("Metric", "Candidate", "Prompts"), rows)
    methods = "\n".join(
        f"- {plain(result.title, 120)}: {plain(result.method, 200)}; demanded: {plain(margin(result))}"
        for result in contents.gates.results
    )
    yield f"How each was decided:\n\n{methods}"


def _limits(contents: Contents) -> Iterator[str]:
    yield "## Limits"
    items = headline_of(contents).not_tested
    yield "\n".join(f"- Not tested: {prose(item, 240)}" for item in items) or "The run names nothing that it left out."
    yield "## Reproduction"
    record = contents.record
    yield f"Run {code(record.run_id, 120)}, {plain(moment(record.created_at))}, seed {record.seed}."
    yield quoted("\n".join(f"{name} {version}" for name, version in record.versions.items()), 4000)
