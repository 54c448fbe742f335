"""A judge of style where no program can decide: words and letters that tell chosen from rejected answers, errors known."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.probing.findings import LEVEL
from evals.probing.rows import Pair
from evals.stats.judges import JudgeErrors
from evals.stats.proportions import exact_interval
from reports.records.gates import Instrument

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

LOWEST_ACCURACY: Final = 0.65
"""Share of single answers told right; below it the judge's own errors drown what it would measure."""
FEWEST_PAIRS: Final = 50
MOST_PAIRS: Final = 2000
FOLDS: Final = 5
TOKEN: Final = re.compile(r"\w+|[^\w\s]")
"""A word, or a sign: style lives in both."""


class StyleJudge(NamedTuple):
    """A trained classifier, and how it fared on answers whose prompts were kept from it."""

    pipeline: "Pipeline | None"
    """None where it may not be used."""
    errors: JudgeErrors
    instrument: Instrument

    def approves(self, answers: Sequence[str]) -> list[bool]:
        """Say of each answer whether it reads like the chosen ones."""
        if self.pipeline is None:
            raise ValueError(self.instrument.because)
        return [bool(found) for found in self.pipeline.predict(list(answers))]


def train_style_judge(pairs: Sequence[Pair]) -> StyleJudge:
    """Train on chosen against rejected answers; accuracy is cross-validated, all answers to a prompt in one fold."""
    from sklearn.model_selection import GroupKFold, cross_val_predict

    used = pairs[:MOST_PAIRS]
    groups = [pair.key for pair in used for _ in range(2)]
    if len(used) < FEWEST_PAIRS or len(set(groups)) < FOLDS:
        because = f"{len(used):,} pairs are too few to learn the style from; {FEWEST_PAIRS} are the least"
        return StyleJudge(None, JudgeErrors(0, 0, 0, 0), _instrument(None, because))
    texts = [text for pair in used for text in (pair.chosen, pair.rejected)]
    labels = [True, False] * len(used)
    found = cross_val_predict(_build(), texts, labels, groups=groups, cv=GroupKFold(FOLDS))
    errors = JudgeErrors(int(sum(found[::2])), len(used), len(used) - int(sum(found[1::2])), len(used))
    instrument = _judge(errors)
    return StyleJudge(_build().fit(texts, labels) if instrument.ok else None, errors, instrument)


def _judge(errors: JudgeErrors) -> Instrument:
    right, total = errors.found + errors.left_alone, errors.positives + errors.negatives
    accuracy = exact_interval(right, total, LEVEL)
    said = (
        f"a classifier of chosen against rejected answers is right about {accuracy.value:.0%} of single answers "
        f"({accuracy.low:.0%} to {accuracy.high:.0%}, cross-validated over {errors.positives:,} pairs)"
    )
    because = said if accuracy.value >= LOWEST_ACCURACY else f"{said}, and less than {LOWEST_ACCURACY:.0%} is no judge"
    return _instrument(accuracy.value, because)


def _instrument(value: float | None, because: str) -> Instrument:
    is_good = value is not None and value >= LOWEST_ACCURACY
    return Instrument(name="style_judge_accuracy", value=value, limit=LOWEST_ACCURACY, ok=is_good, because=because)


def _build() -> "Pipeline":
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, tokenizer=TOKEN.findall, token_pattern=None)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2, lowercase=False)
    return make_pipeline(make_union(words, letters), LogisticRegression(C=3, solver="liblinear", random_state=0))
