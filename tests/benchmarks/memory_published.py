"""Score the memory estimate against published figures, beside the rules of thumb people use instead.

Run with `python -m tests.benchmarks.memory_published FILE`. FILE is JSON with `architectures` (name to sizes: layers, hidden,
heads, kv_heads, head_dim, intermediate, vocab, tied, params_b, mlp_mats) and `rows` (arch, method, adapter, precision, batch,
seq_len, num_gpus, memory_gb, unit, oom, memory_gb_min and what else the source says). Rows without batch or length, and rows
that train something tunegate does not, are counted and left out. `--blind` hides which program trained.
"""

import argparse
import json
import re
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from trainers.architecture import Architecture
from trainers.memory import GB, GIB, estimate, span, usable_gib
from trainers.memory_setup import ALL_LINEAR, STACKS, Setup, StackName, Target, is_offered

Row = Mapping[str, Any]

FAMILIES: Final[dict[str, dict[str, Any]]] = {
    r"falcon-7b|phi-(1|2)": {"norm": "layer", "parallel_block": True, "norms": 1},
    r"falcon|stablelm|pythia|gpt-neox": {"norm": "layer", "parallel_block": True},
    r"gpt2|opt|starcoder": {"norm": "layer"},
    r"gemma-?2-\d": {"norms": 4, "softcap": True},
    r"gemma-?3": {"norms": 4, "qk_norm": True},
    r"qwen-?3": {"qk_norm": True},
}
"""What the block of a family looks like, where the table of sizes does not say."""
TARGETS: Final[dict[str, tuple[Target, ...]]] = {
    "query": ("q",),
    "key": ("k",),
    "value": ("v",),
    "projection": ("o",),
    "mlp": ("gate", "up", "down"),
    "head": ("head",),
    "all-linear": ALL_LINEAR,
    **{name: (name,) for name in (*ALL_LINEAR, "head")},
}
PARAMETERS: Final = {"none": "full", "lora": "lora", "qlora": "qlora"}
SHOWN: Final = 12
GOALS: Final = "goals: MAPE 15 %, median 10 %, under by more than 10 %: 10 %, coverage 85 %, all out-of-memory rows"


class Scored(NamedTuple):
    """One row with what was measured and predicted, in bytes a GPU; `measured` is None where it ran out of memory."""

    row: Row
    measured: float | None
    card_gib: float | None
    low: float
    predicted: float
    high: float

    @property
    def error(self) -> float:
        """Relative error, negative where the estimate is too low."""
        return self.predicted / self.measured - 1 if self.measured else 0.0


def read_architecture(name: str, sizes: Mapping[str, Any]) -> Architecture:
    """Return the architecture of a table's entry, with what is known about its family."""
    plain: dict[str, Any] = {"norm": "layer" if sizes.get("mlp_mats") == 2 else "rms"}
    family = next((facts for pattern, facts in FAMILIES.items() if re.match(pattern, name)), {})
    given = {key: value for key, value in sizes.items() if key != "params_b"}
    return Architecture(**{**plain, **family, **given}, params=sizes["params_b"] * 1e9)


def read_setups(row: Row, blind: bool) -> tuple[Setup, ...]:
    """Return the setup of a row; one for each program that offers it where the source does not say which trained."""
    named = [name for name in STACKS if name in row["source"].lower()]
    if named and not blind:
        return (read_setup(row, named[0]),)
    return tuple(setup for setup in (read_setup(row, name) for name in STACKS) if is_offered(setup))


def read_setup(row: Row, program: StackName) -> Setup:
    """Return the setup of a row in a program; what the source does not say is as the program has it."""
    usual = STACKS[program]
    gpus = int(row.get("num_gpus") or 1)
    chunked = row.get("chunked_ce")
    return Setup(
        parameters=PARAMETERS[row["adapter"]],  # type: ignore[arg-type]
        precision="bf16-mixed" if "mixed" in row["precision"] else "fp32" if "32" in row["precision"] else "bf16",
        optimizer=_optimizer(row.get("optimizer")),  # type: ignore[arg-type]
        batch=int(row["batch"]),
        length=int(row["seq_len"]),
        packing=bool(row.get("packed")),
        accumulation=usual.accumulation or 1,
        checkpointing=gpus > 1 if row.get("grad_ckpt") is None else bool(row["grad_ckpt"]),
        offload_activations=bool(row.get("act_offload")),
        logits=usual.logits if chunked is None else "chunked" if chunked else "full",
        compile=bool(row.get("compile")),
        optimizer_in_backward=bool(row.get("optimizer_in_bwd")),
        quantisation="nf4-double" if "dq" in row["precision"] else usual.quantisation,
        rank=int(row.get("lora_rank") or 8),
        targets=_targets(row.get("lora_targets")),
        dropout=usual.dropout,
        gpus=gpus,
        sharding="fsdp" if gpus > 1 else "none",
        cpu_offload=bool(row.get("cpu_offload")),
        stack=program,
    )


def why_left_out(row: Row, architectures: Mapping[str, Any]) -> str | None:
    """Return the reason why a row cannot be scored, None where it can."""
    if row.get("method") != "sft" or row["adapter"] not in PARAMETERS:
        return f"{row['method']} with adapter {row['adapter']}" if row.get("method") == "sft" else str(row.get("method"))
    if not str(row.get("kind", "measured")).count("measured"):
        return f"not measured ({row['kind']})"
    if row.get("arch") not in architectures:
        return "architecture not given"
    if not row.get("batch") or not row.get("seq_len"):
        return "batch or length not given"
    if row.get("packed") is False:
        return "rows not packed: the length given is a limit, and the data is not known"
    return None if row.get("memory_gb") or row.get("oom") else "no figure"


def score(row: Row, architectures: Mapping[str, Any], blind: bool) -> Scored:
    """Estimate one row."""
    shape = read_architecture(row["arch"], architectures[row["arch"]])
    found = span([estimate(shape, setup) for setup in read_setups(row, blind)])
    return Scored(row, _measured(row), _card(row), found.low_bytes, found.total_bytes, found.high_bytes)


def naive(rule: Callable[[float, Setup], float]) -> Callable[[Row, Mapping[str, Any]], Scored]:
    """Return a scorer that multiplies parameters by bytes, divided by the GPUs where the source says that they are sharded."""

    def apply(row: Row, architectures: Mapping[str, Any]) -> Scored:
        setup = read_setups(row, blind=False)[0]
        predicted = rule(architectures[row["arch"]]["params_b"] * 1e9, setup) / (setup.gpus if row.get("sharding") else 1)
        return Scored(row, _measured(row), _card(row), predicted, predicted, predicted)

    return apply


def weights_alone(params: float, setup: Setup) -> float:
    """Parameters times the bytes they are held in."""
    return params * (0.5 if setup.parameters == "qlora" else 4 if setup.precision != "bf16" else 2)


def size_class(params: float, setup: Setup) -> float:
    """The table of LLaMA-Factory: 18 bytes a parameter in mixed precision, 8 in pure bf16, 2 for LoRA, half for 4 bits."""
    if setup.parameters == "full":
        return params * (18 if setup.precision == "bf16-mixed" else 8)
    return params * (2 if setup.parameters == "lora" else 0.5)


def summary(name: str, scored: Sequence[Scored]) -> str:
    """Return one line of the table."""
    ran = [each for each in scored if each.measured]
    failed = [each for each in scored if not each.measured]
    errors = [abs(each.error) for each in ran]
    under = sum(each.error < -0.1 for each in ran) / len(ran)
    covered = sum(each.low <= (each.measured or 0) <= each.high for each in ran) / len(ran)
    caught = sum(_exceeds(each) for each in failed)
    false = sum(_exceeds(each) for each in ran if each.card_gib)
    cells = (statistics.mean(errors), statistics.median(errors), under, covered)
    return f"{name:<34}" + "".join(f"{cell:>10.1%}" for cell in cells) + f"{caught:>8} of {len(failed)}{false:>8}"


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table, the rows that were left out, and the worst rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--blind", action="store_true", help="do not say which program trained")
    parser.add_argument("--rows", action="store_true", help="print every row")
    given = parser.parse_args(argv)
    content = json.loads(given.file.read_bytes())
    architectures: Mapping[str, Any] = content["architectures"]
    reasons = Counter(why_left_out(row, architectures) for row in content["rows"])
    rows = [row for row in content["rows"] if why_left_out(row, architectures) is None]
    scored = [score(row, architectures, given.blind) for row in rows]
    print(f"{len(rows)} of {len(content['rows'])} rows scored; {GOALS}\n")
    print(f"{'':<34}{'MAPE':>10}{'median':>10}{'under 10%':>10}{'covered':>10}{'OOM':>13}{'false':>8}")
    print(summary("tunegate" + (", program not given" if given.blind else ""), scored))
    for name, rule in (("parameters x bytes", weights_alone), ("18 / 8 / 2 / 0.5 bytes a parameter", size_class)):
        print(summary(name, [naive(rule)(row, architectures) for row in rows]))
    print("\nleft out: " + "; ".join(f"{count} {reason}" for reason, count in reasons.items() if reason))
    worst = scored if given.rows else sorted(scored, key=lambda each: -abs(each.error))[:SHOWN]
    print("\nevery row" if given.rows else "\nworst rows")
    for each in worst:
        print(_line(each))


def _line(each: Scored) -> str:
    row = each.row
    rows = f"batch {row['batch']} x {row['seq_len']}, {row.get('num_gpus') or 1} GPU"
    what = f"{row['arch']} {row['adapter']} {row['precision']} {rows}"
    said = f"{each.measured / GB:.2f} GB" if each.measured else f"over {row['memory_gb_min']:.0f} GB"
    error = f"{each.error:>+8.1%}" if each.measured else ""
    return f"  {row['id']:<6}{what:<70}{said:>12}{each.predicted / GB:9.2f} GB{error}"


def _exceeds(each: Scored) -> bool:
    return each.card_gib is not None and each.predicted / GIB > usable_gib(each.card_gib)


def _measured(row: Row) -> float | None:
    if row.get("oom") or not row.get("memory_gb"):
        return None
    shared = 1 if row.get("per_gpu", True) else int(row.get("num_gpus") or 1)
    return float(row["memory_gb"]) * (GIB if row.get("unit") == "GiB" else GB) / shared


def _card(row: Row) -> float | None:
    found = re.search(r"(\d+)\s*GB", str(row.get("gpu") or ""))
    size = row.get("memory_gb_min") if row.get("oom") else (found.group(1) if found else None)
    return float(size) if size else None


def _optimizer(text: str | None) -> str:
    words = (text or "adamw").lower()
    kind = "adamw-8bit" if "8bit" in words else "sgd" if "sgd" in words else "adamw"
    return f"paged-{kind}" if "paged" in words else kind


def _targets(given: Any) -> tuple[Target, ...]:
    words = [given] if isinstance(given, str) else given or ["q", "v"]
    names = (word.lower().removesuffix("_proj") for word in words)
    return tuple(dict.fromkeys(target for name in names for target in TARGETS[name]))


if __name__ == "__main__":
    main()
