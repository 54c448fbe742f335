"""A probe that was never made: counts, findings and a description to read."""

from typing import Any

from reports.records.gates import Estimate
from reports.records.intake import Fact
from reports.records.probe import DataFacts, Finding, ModelDescription, Probe, SourceCount

COUNTED = DataFacts(
    sources=(SourceCount(label="rows.jsonl", layout="preference (text)", rows=900, effective=800),),
    demonstrations=0,
    preference_pairs=800,
    unpaired_ratings=0,
    prompts=700,
    removed={"exact duplicates": 100},
    duplicates_share=1 / 9,
    chosen_longer=500,
    chosen_shorter=250,
    voted_pairs=0,
    clear_pairs=0,
    by_model=0,
    by_people=0,
    origin_column="",
    formats={},
)
DESCRIBED = ModelDescription(
    label="tiny",
    architecture="LlamaForCausalLM",
    parameters=39_072,
    context_length=256,
    licence="mit",
    licence_source="LICENSE",
    has_chat_template=False,
    tuning="base",
    tuning_because="it has no chat template",
)


def finding(name: str, value: float | None, low: float | None = None, high: float | None = None, **more: Any) -> Finding:
    """Return a share, measured or not."""
    estimate = Estimate(value=value, low=low, high=high, n=64 if value is not None else 0)
    return Finding(name=name, title=name, unit=more.get("unit", "share"), estimate=estimate, because=more.get("because", "seen"))


def sample_probe(facts: dict[str, Fact], *findings: Finding) -> Probe:
    return Probe(facts=facts, findings=findings, model=DESCRIBED, data=COUNTED, settings={}, seconds=1.0)


def with_counts(data: DataFacts, **changes: Any) -> DataFacts:
    import msgspec

    return msgspec.structs.replace(data, **changes)
