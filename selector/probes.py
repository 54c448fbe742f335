"""Facts that are measured rather than asked: from the machine, the data, the model's files and the model itself."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from reports.records.intake import Fact, Value
from reports.records.probe import DataFacts, Finding, ModelDescription, Probe, ProbeRequest
from reports.records.run import Progress

NONE_GIVEN: Final = "no file given holds any"
EXACT_ONLY: Final = "rows that repeat an earlier one exactly, all rows compared; near duplicates are not counted"
NO_VOTES: Final = (
    "the data carry no votes (columns chosen_votes and rejected_votes), and which answer the untouched model finds likelier does "
    "not tell what people agree on"
)
BETTER_PROMPT: Final = (
    "a better prompt may do better, so the upper end is that of a prompt nobody has tried; give one with --style-prompt"
)
FEWEST_WITH_ORIGIN: Final = 0.5
"""Share of rows that must say who wrote them before the share of synthetic ones means something."""


def machine_facts() -> dict[str, Fact]:
    """Measure GPUs and memory of this machine."""
    from selector.machine import measure_machine

    machine = measure_machine(Path.cwd())
    gpus = machine.gpus
    return _probed(
        {
            "gpu_count": (len(gpus), f"nvidia-smi lists {len(gpus)}" if gpus else "no NVIDIA driver answers here"),
            "gpu_memory_gib": (
                round(min((gpu.total_gib for gpu in gpus), default=0.0), 1),
                "memory of the smallest GPU" if gpus else "there is no GPU",
            ),
            "ram_gib": (round(machine.ram_gib, 1), "memory of this machine"),
        }
    )


def data_facts(sources: Sequence[str], kind: str | None = None) -> dict[str, Fact]:
    """Count what can be learned from, in all rows of the sources; rows that fit `kind` are read as that."""
    from evals.data.facts import measure_data

    return facts_of_data(measure_data(sources, kind)) if sources else {}


def model_facts(model: str) -> dict[str, Fact]:
    """Read the size of the model from its weight files."""
    from evals.model_source import inspect_model

    ref = inspect_model(model)
    return _size(ref.label, ref.parameters)


def describe(model: str) -> ModelDescription:
    """Read what the model's files say about it; no weight is read, so its size is left open."""
    from evals.probing.describing import describe_model

    return describe_model(model)


def probe(request: ProbeRequest, say: Callable[[Progress], None]) -> Probe:
    """Measure the data, the model's files and the untouched model itself, in a process of its own.

    Raises:
        UsageError, DataError, MissingError: the request cannot be carried out as it is.
        StageError: the process died.
    """
    from selector.probe_process import run_probe

    began = time.monotonic()
    result = run_probe(request, say)
    return Probe(
        facts={
            **facts_of_data(result.data),
            **_size(result.model.label, result.model.parameters),
            **facts_of_findings(result.findings, has_style_prompt=bool(request.style_prompt)),
        },
        findings=result.findings,
        model=result.model,
        data=result.data,
        settings=_settings(request, result.data),
        notes=result.notes,
        seconds=round(time.monotonic() - began, 1),
    )


def facts_of_data(data: DataFacts) -> dict[str, Fact]:
    """Return what counting answers; a count of all rows is exact, and so has no interval."""
    rows = {
        "demonstrations": data.demonstrations,
        "preference_pairs": data.preference_pairs,
        "unpaired_ratings": data.unpaired_ratings,
    }
    account = _account(data)
    found: dict[str, tuple[Value, str]] = {name: (value, account if value else NONE_GIVEN) for name, value in rows.items()}
    if data.duplicates_share is not None:
        found["duplicates_share"] = (data.duplicates_share, EXACT_ONLY)
    if data.preference_pairs:
        clear = f"{data.clear_pairs:,} of {data.voted_pairs:,} pairs with votes have a clear winner"
        found["clear_margin_share"] = (data.clear_pairs / data.voted_pairs, clear) if data.voted_pairs else (None, NO_VOTES)
    return {**_probed(found), **_synthetic(data)}


def facts_of_findings(findings: Iterable[Finding], has_style_prompt: bool) -> dict[str, Fact]:
    """Return the findings that answer a question of the scorecard; what could not be measured stays unknown, with its reason."""
    from selector.intake import BY_NAME, make_fact

    facts = {finding.name: _fact(finding) for finding in findings if finding.name in BY_NAME}
    passed, alone = facts.get("base_pass_rate"), facts.get("prompt_pass_rate")
    if passed is not None and passed.value is not None:
        facts["reward_computable"] = make_fact("reward_computable", True, "probed", because="the given checker scored answers")
    if alone is not None and alone.value is not None and not has_style_prompt:
        facts["prompt_pass_rate"] = _as_floor(alone)
    return facts


def _fact(finding: Finding) -> Fact:
    from selector.intake import make_fact

    seen = finding.estimate
    value = int(seen.value) if seen.value is not None and finding.unit in ("tokens", "prompts") else seen.value
    return make_fact(finding.name, value, "probed", low=seen.low, high=seen.high, because=finding.because)


def _as_floor(fact: Fact) -> Fact:
    """Widen what the data's own prompts reach: the question is about the best prompt, and nobody has written one yet."""
    from selector.intake import BY_NAME

    untried = BY_NAME[fact.name].guess[-1]
    high = max(untried, fact.high if fact.high is not None else 0.0)
    return msgspec.structs.replace(fact, high=high, because=f"{fact.because}; {BETTER_PROMPT}")


def _synthetic(data: DataFacts) -> dict[str, Fact]:
    """Return the share written by a model; rows that do not say so may be either, and the interval holds both ends."""
    from selector.intake import make_fact

    rows = data.demonstrations + data.preference_pairs + data.unpaired_ratings
    known = data.by_model + data.by_people
    if not data.origin_column:
        return {}
    because = f"column '{data.origin_column}' names the writer of {known:,} of {rows:,} rows, a model for {data.by_model:,}"
    if known < FEWEST_WITH_ORIGIN * rows:
        return {"synthetic_share": make_fact("synthetic_share", None, "probed", because=f"{because}; too few to tell")}
    low, high = data.by_model / rows, (rows - data.by_people) / rows
    limits = {} if known == rows else {"low": low, "high": high}
    return {"synthetic_share": make_fact("synthetic_share", data.by_model / known, "probed", **limits, because=because)}


def _account(data: DataFacts) -> str:
    read = sum(source.rows for source in data.sources)
    removed = ", ".join(f"{rows:,} {name}" for name, rows in data.removed.items())
    labels = ", ".join(source.label for source in data.sources)
    return f"counted in {labels}: {read:,} rows read, taken out: {removed or 'none'}"


def _size(label: str, parameters: int | None) -> dict[str, Fact]:
    if parameters is None:
        return {}
    return _probed({"model_parameters_b": (parameters / 1e9, f"{parameters:,} parameters in the weight files of {label}")})


def _settings(request: ProbeRequest, data: DataFacts) -> dict[str, Value]:
    """Return what the figures depend on; sources by name, since the document may be shared."""
    left_out = ("schema_version", "model", "sources", "folder")
    chosen = {name: value for name, value in msgspec.structs.asdict(request).items() if name not in left_out}
    return {"data": ", ".join(source.label for source in data.sources), **chosen}


def _probed(found: Mapping[str, tuple[Value, str]]) -> dict[str, Fact]:
    from selector.intake import make_fact

    return {name: make_fact(name, value, "probed", because=because) for name, (value, because) in found.items()}
