"""The limits that rewards must keep before anything is trained on them."""

from typing import NamedTuple


class Limits(NamedTuple):
    """All limits of the dry run; shares from 0 to 1."""

    pass_at: float = 0.5
    """Smallest accuracy score that counts as a pass."""
    least_passes: float = 0.10
    """Below, answers pass too seldom to learn from."""
    most_passes: float = 0.70
    """Above, little is left to learn."""
    most_zero_spread: float = 0.80
    """From here on, prompts whose answers all get the same reward stop a training."""
    agreement: float = 0.80
    """Least Spearman correlation of training and evaluation reward."""
    least_agreement: float = 0.60
    """Below, training is stopped."""
    most_length_correlation: float = 0.50
    """In either direction."""
    bad_answers_lose: float = 0.95
    """Share of prompts on which a bad answer must get less than the good one."""
    bad_answers_lose_least: float = 0.80
    """Below, training is stopped."""
    most_unscored: float = 0.05
    """Share of answers that no accuracy reward applies to."""
    good_answers_pass: float = 0.50
    """Share of the data's good answers that should pass."""
