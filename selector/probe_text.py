"""What a probe found, as plain text for a terminal."""

from collections.abc import Sequence

from reports.records.probe import DataFacts, Finding, ModelDescription, Probe


def as_text(found: Probe) -> str:
    """Return the model, the data, every measurement, and what could not be measured with the reason."""
    measured = [finding for finding in found.findings if finding.estimate.value is not None]
    absent = [finding for finding in found.findings if finding.estimate.value is None]
    lines = [model_in_words(found.model), data_in_words(found.data), "", f"{'Measured':<58} {'value':>8}   90 % interval"]
    lines += [f"  {one.title:<56} {_number(one, one.estimate.value):>8}   {_interval(one)}" for one in measured]
    if absent:
        lines += ["", "Not measured", *_reasons(absent)]
    lines += ["", *(f"note: {note}" for note in found.notes)] if found.notes else []
    return "\n".join(lines)


def model_in_words(model: ModelDescription) -> str:
    """Return what is known of the model as one line."""
    template = "a chat template" if model.has_chat_template else "no chat template"
    parts = [
        model.architecture or "architecture not known",
        f"{model.parameters:,} parameters" if model.parameters is not None else "",
        f"context of {model.context_length:,} tokens" if model.context_length else "context not stated",
        template,
        f"licence {model.licence or 'not known'} ({model.licence_source})",
        f"{model.tuning if model.tuning != 'unclear' else 'instruct or base unclear'}: {model.tuning_because}",
    ]
    return f"Model {model.label}: {'; '.join(part for part in parts if part)}"


def data_in_words(data: DataFacts) -> str:
    """Return what can be learned from as one line."""
    removed = ", ".join(f"{rows:,} {name}" for name, rows in data.removed.items())
    return (
        f"Data: {data.demonstrations:,} demonstrations, {data.preference_pairs:,} pairs and {data.unpaired_ratings:,} ratings "
        f"over {data.prompts:,} prompts; taken out: {removed or 'nothing'}"
    )


def _reasons(absent: Sequence[Finding]) -> list[str]:
    """Return each reason once, behind all that it explains."""
    titles: dict[str, list[str]] = {}
    for finding in absent:
        titles.setdefault(finding.because, []).append(finding.title)
    return [f"  {'; '.join(named)}: {because}" for because, named in titles.items()]


def _number(finding: Finding, value: float | None) -> str:
    if value is None:
        return "-"
    if finding.unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:,.0f}" if finding.unit in ("tokens", "prompts") else f"{value:.2f}"


def _interval(finding: Finding) -> str:
    seen = finding.estimate
    limits = "" if seen.low is None else f"{_number(finding, seen.low)} to {_number(finding, seen.high)}, "
    return f"{limits}n = {seen.n:,}"
