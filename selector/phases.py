"""The way from here: what to do now, and what to collect for the step after."""

from typing import Final, NamedTuple

from reports.records.recommendation import ParameterChoice, Phase, Strategy
from selector.fit import fits
from selector.policy import Policy, Thresholds
from selector.situation import Situation
from selector.strategies import PROFILES, UNTUNED
from selector.wording import count


class Step(NamedTuple):
    """What one pass asks people to do."""

    title: str
    do: str


STEPS: Final[dict[Strategy, Step]] = {
    "prompt": Step("Prompt", "Put the task, its limits and a few good examples into the prompt; measure it on fixed prompts."),
    "retrieval": Step(
        "Retrieval", "Put the facts into documents, look them up for each question, count how often they are found."
    ),
    "sft": Step("SFT", "Train on good answers to the real prompts, curated rather than many, and hold a tenth back."),
    "dpo": Step("DPO", "Train on clear pairs, best of the model's own answers, and watch the length of what it writes."),
    "kto": Step("KTO", "Train on single ratings, with thumbs up and down weighted to balance."),
    "orpo": Step("ORPO", "Train once on the pairs: the chosen answers teach, the contrast polishes."),
    "rlhf": Step("Reward model and RLOO", "Train a reward model, check it on held-out pairs, then optimise against it."),
    "rft": Step("RFT", "Sample eight answers a prompt, score them by program, and stop when held-out prompts stop improving."),
}


def find_phases(strategy: Strategy, facts: Situation, policy: Policy) -> tuple[Phase, ...]:
    """Return the steps of the strategy in order, then the step that becomes possible next, with what it needs."""
    now = PROFILES[strategy].passes or (strategy,)
    passes = tuple(name for name in now if not (name == "sft" and facts.sft_done and len(now) > 1))
    later = _next_step(strategy, facts, policy.thresholds)
    wanted = [*(_while_training(name, facts) for name in passes[1:]), _to_collect(later, facts, policy.thresholds)]
    steps = [
        _phase("Now" if not at else "Then", name, collect) for at, (name, collect) in enumerate(zip(passes, wanted, strict=True))
    ]
    if later is None:
        return tuple(steps)
    return (*steps, _phase("Later", later, "Measure again on the same prompts, and recommend again with the new counts."))


def _phase(moment: str, strategy: Strategy, collect: str) -> Phase:
    step = STEPS[strategy]
    return Phase(title=f"{moment}: {step.title}", strategy=strategy, do=step.do, collect=collect)


def _next_step(strategy: Strategy, facts: Situation, limits: Thresholds) -> Strategy | None:
    """Return the pass that can follow: SFT first, preferences second, rewards where they can be computed, RLHF at scale."""
    if strategy in UNTUNED:
        return "sft"
    if strategy == "sft" and not facts.reward_computable:
        return "kto" if facts.unpaired_ratings > facts.preference_pairs + facts.ab_results else "dpo"
    if strategy in ("rft", "sft+rft", "rlhf"):
        return None
    if facts.reward_computable:
        return "rft"
    return "rlhf" if facts.clear_pairs >= limits.pairs_reward_model else None


def _while_training(strategy: Strategy, facts: Situation) -> str:
    """Return what to collect while the pass before `strategy` trains."""
    if strategy == "dpo":
        return "Let people compare answers of the tuned model to the same prompts; pairs of its own answers teach it most."
    if strategy == "kto":
        return "Keep the thumbs users give to the tuned model's answers, both ups and downs."
    if strategy == "rft":
        return "Try the checker on ten bad answers it must fail, and count how many samples of the tuned model pass."
    return "Let people compare answers of the tuned model; a reward model needs thousands of comparisons."


def _to_collect(later: Strategy | None, facts: Situation, limits: Thresholds) -> str:
    """Return what the later step needs, against what is there."""
    if later is None:
        return "Collect fresh held-out prompts that no training has seen, and failures from use for the next round."
    have, need, what = {
        "sft": (facts.examples, limits.examples_comfortable, "good answers to real prompts, edited by people who know"),
        "dpo": (facts.clear_pairs, limits.pairs_comfortable, "pairs with a clear winner"),
        "kto": (facts.unpaired_ratings, limits.ratings_comfortable, "ratings of single answers"),
        "rft": (facts.prompts_with_reward, limits.prompts_comfortable, "prompts whose answers a program can score"),
        "rlhf": (facts.clear_pairs, limits.pairs_rlhf_start, "clear comparisons, as RLHF pays only at scale"),
    }[later]
    if have >= need:
        return f"There are {count(have)} {what}, which is enough; keep collecting failures from use."
    return f"Collect {count(need)} {what}; there are {count(have)} now."


class ParameterAdvice(NamedTuple):
    """Which weights to train, and why."""

    parameters: ParameterChoice
    because: str


def choose_parameters(strategy: Strategy, facts: Situation, policy: Policy) -> ParameterAdvice:
    """Return full, LoRA or QLoRA for a strategy: the choice is separate from the method.

    LoRA learns as much as training all weights from the data sets of post-training (Schulman et al. 2025), in a fraction
    of the memory; all weights pay only with a great deal of data. QLoRA trades time for memory (Dettmers et al. 2023).
    """
    if strategy in UNTUNED:
        return ParameterAdvice("none", "Nothing is trained.")
    limits = policy.thresholds
    rows = max(facts.examples, facts.unpaired_ratings)
    full = fits(strategy, "full", facts, limits)
    if rows >= limits.full_examples and full.state == "fits":
        return ParameterAdvice("full", f"{count(rows)} rows can teach more than an adapter holds, and {full.because}.")
    lora = fits(strategy, "lora", facts, limits)
    if lora.state == "fits":
        reason = "an adapter learns as much from this much data as all weights would"
        return ParameterAdvice("lora", f"{lora.because[0].upper()}{lora.because[1:]}; {reason}.")
    qlora = fits(strategy, "qlora", facts, limits)
    if facts.gpu_count < 1 or qlora.state == "exceeds":
        return ParameterAdvice("lora", f"Memory is tight: {lora.because}.")
    return ParameterAdvice("qlora", f"{lora.because[0].upper()}{lora.because[1:]}; {qlora.because}.")
