"""Rules about the data: how much there is for each method, and how good it is."""

from typing import Final

from selector.policy import Thresholds
from selector.rules.rule import between_log, falling, scored
from selector.situation import CLEAR_PAIRS, EXAMPLES, Situation
from selector.wording import count, percent, plural


def _examples_a_voice(facts: Situation) -> float:
    spoken = facts.voices if facts.goal in ("style", "format") else 1.0
    return facts.examples / max(1.0, spoken)


def examples(facts: Situation, limits: Thresholds) -> float:
    """Positive with enough good answers a voice to imitate.

    Source: LIMA (Zhou et al. 2023) reaches its quality with 1,000 curated examples; Microsoft starts at 50.
    """
    return between_log(_examples_a_voice(facts), limits.examples_minimum, limits.examples_start, limits.examples_comfortable)


def examples_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many examples there are for each voice."""
    found = _examples_a_voice(facts)
    from_pairs = facts.clear_pairs > facts.demonstrations
    what = "chosen answers of clear pairs can serve as examples" if from_pairs else "good examples are there to imitate"
    each = f" for each of {plural(facts.voices, 'voice')}" if found < facts.examples else ""
    if found < limits.examples_start:
        return f"only {count(found)} {what}{each}, and {count(limits.examples_start)} are a start"
    return f"{count(found)} {what}{each}"


def pairs(facts: Situation, limits: Thresholds) -> float:
    """Positive with enough clear pairs for DPO or ORPO.

    Source: Microsoft (500 to 5,000 pairs); field practice (500 to 2,000 to start, 1,000 and more comfortable).
    """
    return between_log(facts.clear_pairs, limits.pairs_minimum, limits.pairs_start, limits.pairs_comfortable)


def pairs_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many clear pairs there are."""
    found = plural(round(facts.clear_pairs), "preference pair")
    if facts.clear_pairs < limits.pairs_start:
        return f"{found} with a clear winner are too few; {count(limits.pairs_start)} are a start"
    enough = "comfortable" if facts.clear_pairs >= limits.pairs_comfortable else "a start"
    return f"{found} with a clear winner are {enough}"


def pairs_at_scale(facts: Situation, limits: Thresholds) -> float:
    """Positive where comparisons come by the hundred thousand.

    Source: InstructGPT (Ouyang et al. 2022) and Llama 2 (Touvron et al. 2023): reward models of 33,000 to 1.4 M comparisons.
    """
    return between_log(facts.clear_pairs, limits.pairs_reward_model, limits.pairs_rlhf_start, limits.pairs_rlhf_comfortable)


def pairs_at_scale_clause(facts: Situation, limits: Thresholds) -> str:
    """Say whether there are enough comparisons for a reward model that can be optimised against."""
    found = count(round(facts.clear_pairs))
    if facts.clear_pairs >= limits.pairs_rlhf_start:
        return f"{found} clear comparisons carry a reward model that can be optimised against"
    return f"{found} clear comparisons are few for a reward model to be optimised against"


def all_ratings(facts: Situation, limits: Thresholds) -> float:
    """Return single ratings, and pairs cut into ratings as far as a start needs them."""
    return facts.unpaired_ratings + min(limits.ratings_start, limits.ratings_per_pair * facts.clear_pairs)


def ratings(facts: Situation, limits: Thresholds) -> float:
    """Positive with enough single ratings for KTO; pairs can be cut into ratings, at a discount.

    Source: KTO (Ethayarajh et al. 2024).
    """
    return between_log(all_ratings(facts, limits), limits.ratings_minimum, limits.ratings_start, limits.ratings_comfortable)


def ratings_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many single ratings there are."""
    found = all_ratings(facts, limits)
    what = "single ratings" if facts.unpaired_ratings >= found / 2 else "ratings, cut from pairs,"
    if found < limits.ratings_start:
        return f"{count(found)} {what} are few; {count(limits.ratings_start)} are a start"
    return f"{count(found)} {what} are enough for KTO"


def same_rows(facts: Situation, limits: Thresholds) -> float:
    """Positive where SFT would have to learn from the chosen answers that preference tuning uses again.

    Source: ORPO (Hong et al. 2024) does both in one run, from the same pairs.
    """
    return max(
        0.0, -between_log(facts.demonstrations, limits.examples_minimum, limits.examples_start, limits.examples_comfortable)
    )


def same_rows_clause(facts: Situation, limits: Thresholds) -> str:
    """Say whether there are demonstrations besides the pairs."""
    if facts.demonstrations < limits.examples_start:
        few = plural(facts.demonstrations, "demonstration")
        return f"with {few} both SFT and DPO would learn from the same pairs, which one run does at once"
    return f"{count(facts.demonstrations)} demonstrations stand beside the preferences"


def label_quality(facts: Situation, limits: Thresholds) -> float:
    """Negative below 90 % right in a spot audit, down to -1 at 70 %.

    Source: field practice for data gates; SFT imitates the average of its data, a flipped pair teaches the opposite.
    """
    return falling(-facts.spot_audit_accuracy, -limits.audit_enough, -limits.audit_poor)


def label_quality_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many rows a spot audit finds right."""
    share = percent(facts.spot_audit_accuracy)
    if facts.spot_audit_accuracy < limits.audit_enough:
        return f"a spot audit finds {share} of the rows right, and training wants {percent(limits.audit_enough)}"
    return f"a spot audit finds {share} of the rows right"


def synthetic(facts: Situation, limits: Thresholds) -> float:
    """Negative where most rows come from a model.

    Source: Shumailov et al. 2024: models trained mostly on model output lose the tails of the data.
    """
    return falling(facts.synthetic_share, limits.synthetic_cap, 1.0)


def synthetic_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many rows a model wrote."""
    share = percent(facts.synthetic_share)
    if facts.synthetic_share > limits.synthetic_cap:
        return f"{share} of the rows come from a model, above the cap of {percent(limits.synthetic_cap)}"
    return f"{share} of the rows come from a model, which is within the cap"


def duplicates(facts: Situation, limits: Thresholds) -> float:
    """Negative where rows repeat others.

    Source: Lee et al. 2022: deduplicated data trains better models, which repeat less by heart.
    """
    return falling(facts.duplicates_share, limits.duplicates_cap, limits.duplicates_bad)


def duplicates_clause(facts: Situation, limits: Thresholds) -> str:
    """Say how many rows repeat others."""
    share = percent(facts.duplicates_share)
    if facts.duplicates_share > limits.duplicates_cap:
        return f"{share} of the raw rows repeat others, so the data are less varied than their number says"
    return f"{share} of the raw rows repeat others, which is little"


DATA_RULES: Final = (
    scored("examples", (*EXAMPLES, "voices", "goal"), examples, examples_clause, led_by=EXAMPLES),
    scored("pairs", CLEAR_PAIRS, pairs, pairs_clause),
    scored("pairs_at_scale", CLEAR_PAIRS, pairs_at_scale, pairs_at_scale_clause),
    scored("ratings", ("unpaired_ratings", *CLEAR_PAIRS), ratings, ratings_clause),
    scored("same_rows", ("demonstrations",), same_rows, same_rows_clause),
    scored("label_quality", ("spot_audit_accuracy",), label_quality, label_quality_clause),
    scored("synthetic", ("synthetic_share",), synthetic, synthetic_clause),
    scored("duplicates", ("duplicates_share",), duplicates, duplicates_clause),
)
"""Rules about the data."""
