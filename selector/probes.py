"""Facts that are measured rather than asked: from the machine, the data and the model."""

from collections.abc import Sequence
from pathlib import Path

from reports.records.intake import Fact


def machine_facts() -> dict[str, Fact]:
    """Measure GPUs and memory of this machine."""
    from selector.intake import make_fact
    from selector.machine import measure_machine

    machine = measure_machine(Path.cwd())
    gpus = machine.gpus
    found = {
        "gpu_count": (len(gpus), f"nvidia-smi lists {len(gpus)}" if gpus else "no NVIDIA driver answers here"),
        "gpu_memory_gib": (
            round(min((gpu.total_gib for gpu in gpus), default=0.0), 1),
            "memory of the smallest GPU" if gpus else "there is no GPU",
        ),
        "ram_gib": (round(machine.ram_gib, 1), "memory of this machine"),
    }
    return {name: make_fact(name, value, "probed", because=because) for name, (value, because) in found.items()}


def data_facts(sources: Sequence[str]) -> dict[str, Fact]:
    """Count demonstrations and preference pairs in the sources."""
    from evals.data.load import describe
    from selector.intake import make_fact

    if not sources:
        return {}
    described = [describe(source) for source in sources]
    pairs = [ref for ref in described if ref.layout.startswith("preference")]
    demonstrations = [ref for ref in described if not ref.layout.startswith("preference")]
    counted = {"demonstrations": demonstrations, "preference_pairs": pairs}
    return {
        name: make_fact(
            name,
            sum(ref.rows for ref in refs),
            "probed",
            because="counted in " + ", ".join(ref.label for ref in refs) if refs else "no file given holds any",
        )
        for name, refs in counted.items()
    }


def model_facts(model: str) -> dict[str, Fact]:
    """Read the size of the model from its weight files."""
    from evals.model_source import inspect_model
    from selector.intake import make_fact

    ref = inspect_model(model)
    if ref.parameters is None:
        return {}
    billions = ref.parameters / 1e9
    because = f"{ref.parameters:,} parameters in the weight files of {ref.label}"
    return {"model_parameters_b": make_fact("model_parameters_b", billions, "probed", because=because)}
