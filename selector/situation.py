"""All facts at once, each with one value: what the rules read."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from reports.records.intake import Intake, Value
from selector.intake import QUESTIONS, known_values


class Situation(Struct):
    """One value for every fact of the catalogue; mutable, so that a simulation can change single facts in place."""

    demonstrations: float
    preference_pairs: float
    ab_results: float
    clear_margin_share: float
    unpaired_ratings: float
    prompts_with_reward: float
    spot_audit_accuracy: float
    synthetic_share: float
    duplicates_share: float
    goal: str
    base_pass_rate: float
    prompt_pass_rate: float
    task_changes_often: bool
    voices: float
    reward_computable: bool
    reward_spread: float
    sft_done: bool
    knowledge_gap: float
    audience: str
    harm_potential: str
    regulated: bool
    needs_refusals: bool
    personal_data_in_training: bool
    human_review: bool
    model_parameters_b: float
    gpu_count: float
    gpu_memory_gib: float
    ram_gib: float
    gpu_hours: float
    deadline_days: float
    sequence_tokens: float
    team_experience: str

    @property
    def clear_pairs(self) -> float:
        """Pairs and decided A/B tests whose order people would agree on."""
        return (self.preference_pairs + self.ab_results) * self.clear_margin_share

    @property
    def examples(self) -> float:
        """Good answers SFT can copy: demonstrations, or the chosen answers of the clear pairs where those are more."""
        return max(self.demonstrations, self.clear_pairs)


CLEAR_PAIRS = ("preference_pairs", "ab_results", "clear_margin_share")
"""The facts `clear_pairs` is made of."""
EXAMPLES = ("demonstrations", *CLEAR_PAIRS)
"""The facts `examples` is made of."""


class Reading(Struct, frozen=True):
    """An intake, read: what is known, and what is assumed where nothing is."""

    known: dict[str, Value]
    relevant: frozenset[str]
    """Names of the facts that can matter, given what is known."""
    unknown: tuple[str, ...]
    """Relevant facts without a value, in the order of the catalogue."""
    point: Situation
    """Known values, and typical ones where a fact is not known."""
    hopeful: Situation
    """Known values, and the most permissive plausible ones: what even these do not allow is ruled out."""


def read_situation(intake: Intake) -> Reading:
    """Return the values a decision on this intake is made with."""
    return read_values(known_values(intake))


def read_values(known: Mapping[str, Value]) -> Reading:
    """Return the values a decision on these known facts is made with."""
    relevant = frozenset(question.name for question in QUESTIONS if question.is_relevant(known))
    point: dict[str, Any] = {}
    hopeful: dict[str, Any] = {}
    for question in QUESTIONS:
        value = known.get(question.name)
        point[question.name] = question.typical if value is None else value
        hopeful[question.name] = question.hopeful if value is None else value
    return Reading(
        known=dict(known),
        relevant=relevant,
        unknown=tuple(question.name for question in QUESTIONS if question.name in relevant and question.name not in known),
        point=msgspec.convert(point, Situation),
        hopeful=msgspec.convert(hopeful, Situation),
    )
