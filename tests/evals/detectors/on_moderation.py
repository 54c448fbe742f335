"""Try the toxicity detectors on a moderation set: `python -m tests.evals.detectors.on_moderation samples-1680.jsonl.gz`.

The set is OpenAI's moderation-api-release (MIT): rows of `prompt` and of categories, 0 or 1; a missing one is unknown.
"""

import gzip
import sys
from typing import Any, Final

import click
import msgspec

from evals.detectors.toxicity import cut, toxicity_scores
from evals.encoder import default_encoder

TOXIC: Final = ("H", "H2", "HR")
CATEGORIES: Final = ("S", "H", "V", "HR", "SH", "S3", "H2", "V2")
TASKS: Final = {"hate": ("H", "H2"), "hate with threats": ("H2",), "harassment": ("HR",), "violence": ("V", "V2"), "any": TOXIC}


def main(path: str) -> None:
    """Print AUROC, F1, precision and recall of both detectors: each category against texts with no known category."""
    with gzip.open(path) as lines:
        rows: list[dict[str, Any]] = [msgspec.json.decode(line) for line in lines]
    texts = [str(row["prompt"]) for row in rows]
    for detector, encoder in (("lexical", None), ("head", default_encoder())):
        found, least = toxicity_scores(texts, encoder), cut(encoder)
        for name, wanted in TASKS.items():
            labels = [_label(row, wanted, CATEGORIES) for row in rows]
            click.echo(f"{detector:8} {name:18} {_figures(labels, found, least)}")
        known = [_label(row, TOXIC, ("H", "HR"), True) for row in rows]
        click.echo(f"{detector:8} {'any, known absent':18} {_figures(known, found, least)}")


def _label(row: dict[str, Any], wanted: tuple[str, ...], against: tuple[str, ...], is_known: bool = False) -> bool | None:
    """Return whether a row is one; None where that is unknown."""
    if any(row.get(name) == 1 for name in wanted):
        return True
    absent = [row.get(name) for name in against]
    return False if all(value == 0 or (value is None and not is_known) for value in absent) else None


def _figures(labels: list[bool | None], scores: list[float], least: float) -> str:
    from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

    known = [(label, score) for label, score in zip(labels, scores, strict=True) if label is not None]
    truth, found = [label for label, _ in known], [score for _, score in known]
    said = [score >= least for score in found]
    numbers = (roc_auc_score(truth, found), *(score(truth, said) for score in (f1_score, precision_score, recall_score)))
    told = " ".join(f"{name} {value:.3f}" for name, value in zip(("AUROC", "F1", "precision", "recall"), numbers, strict=True))
    return f"{sum(truth)} of {len(truth)}: {told}"


if __name__ == "__main__":
    main(sys.argv[1])
