"""Data availability: what there is to learn from."""

from collections.abc import Mapping
from typing import Final

from reports.records.intake import Value
from selector.question import Question

MOST_ROWS: Final = 1e9


def _has_pairs(known: Mapping[str, Value]) -> bool:
    return known.get("preference_pairs") != 0 or known.get("ab_results", 0) != 0


def _has_rows(known: Mapping[str, Value]) -> bool:
    return _has_pairs(known) or known.get("demonstrations") != 0 or known.get("unpaired_ratings") != 0


def _has_reward(known: Mapping[str, Value]) -> bool:
    return known.get("reward_computable") is not False


DATA: Final[tuple[Question, ...]] = (
    Question(
        name="demonstrations",
        axis="data",
        kind="number",
        text="How many prompts with a good answer do you have?",
        help="SFT copies such answers. Count rows after removing duplicates; about 500 to 1,000 a voice are enough.",
        short="demonstrations",
        unit="rows",
        maximum=MOST_ROWS,
        whole=True,
        log=True,
        guess=(0, 30, 3000),
        hopeful=5000.0,
    ),
    Question(
        name="preference_pairs",
        axis="data",
        kind="number",
        text="How many pairs of a better and a worse answer to the same prompt do you have?",
        help="DPO and ORPO learn from the difference. 500 to 2,000 pairs are a practical start; a reward model wants 5,000.",
        short="preference pairs",
        unit="pairs",
        maximum=MOST_ROWS,
        whole=True,
        log=True,
        guess=(0, 20, 2000),
        hopeful=10_000.0,
    ),
    Question(
        name="ab_results",
        axis="data",
        kind="number",
        text="How many A/B tests or choices of real users name a winner between two answers?",
        help="Each decided test is one more pair, and it comes from the people the answers are for.",
        short="A/B results",
        unit="comparisons",
        maximum=MOST_ROWS,
        whole=True,
        log=True,
        guess=(0, 0, 200),
        hopeful=10_000.0,
    ),
    Question(
        name="clear_margin_share",
        axis="data",
        kind="share",
        text="Which share of the pairs and A/B results has a clear winner?",
        help="A 51 to 49 split of clicks is noise. Only pairs whose order people agree on teach something.",
        short="share of pairs with a clear winner",
        guess=(0.5, 0.8, 0.95),
        hopeful=1.0,
        spread=0.1,
        when=_has_pairs,
    ),
    Question(
        name="unpaired_ratings",
        axis="data",
        kind="number",
        text="How many single answers carry a thumbs up or down?",
        help="KTO learns from single ratings, which products collect on the side; no pair is needed.",
        short="single ratings",
        unit="ratings",
        maximum=MOST_ROWS,
        whole=True,
        log=True,
        guess=(0, 0, 3000),
        hopeful=10_000.0,
    ),
    Question(
        name="prompts_with_reward",
        axis="data",
        kind="number",
        text="For how many prompts can a program score the answers?",
        help="RFT samples answers and learns from their score; 200 to 2,000 prompts are the usual range.",
        short="prompts with a reward",
        unit="prompts",
        maximum=MOST_ROWS,
        whole=True,
        log=True,
        guess=(30, 200, 2000),
        hopeful=5000.0,
        when=_has_reward,
    ),
    Question(
        name="spot_audit_accuracy",
        axis="data",
        kind="share",
        text="When a person checks rows at random, which share is right?",
        help="Fifty rows are enough to know. Below 90 % the labels need work before any training.",
        short="spot-audit accuracy",
        guess=(0.7, 0.9, 0.98),
        hopeful=1.0,
        spread=0.04,
        when=_has_rows,
    ),
    Question(
        name="synthetic_share",
        axis="data",
        kind="share",
        text="Which share of the rows was written or labelled by a model?",
        help="Some is fine. A model that learns mostly from models inherits their habits and judges' tastes.",
        short="synthetic share",
        guess=(0.0, 0.2, 0.7),
        hopeful=0.0,
        spread=0.05,
        when=_has_rows,
    ),
    Question(
        name="duplicates_share",
        axis="data",
        kind="share",
        text="Which share of the raw rows were duplicates, exact or nearly so?",
        help="Above 2 % the set is less varied than its size says, and what repeats is learned by heart.",
        short="duplicates",
        guess=(0.0, 0.02, 0.15),
        hopeful=0.0,
        spread=0.01,
        when=_has_rows,
    ),
)
