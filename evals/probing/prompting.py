"""How often a prompt alone already gets what tuning should teach."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from evals.probing.checkers import Checker
from evals.probing.findings import LEVEL, from_interval, missing, share
from evals.probing.rows import Asked
from evals.probing.sampling import Drawn
from evals.probing.style import StyleJudge
from evals.rendering import Prompt
from evals.stats.judges import rogan_gladen
from reports.records.evaluation import Message
from reports.records.probe import Finding

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

ALONE: Final = ("prompt_pass_rate", "Greedy answers to the prompt alone that meet the goal")
ACCURACY: Final = ("style_judge_accuracy", "Single answers that the judge of style tells right")


class Prompted(NamedTuple):
    """One prompt and the greedy answer to it."""

    asked: Asked
    answer: Drawn


def with_instruction(tokenizer: "PreTrainedTokenizerBase", prompt: Prompt, instruction: str) -> Prompt:
    """Put an instruction in front: as a system message where the chat template writes one, else before the first words."""
    if not instruction:
        return prompt
    if isinstance(prompt, str):
        return f"{instruction}\n\n{prompt}"
    first, rest = prompt[0], tuple(prompt[1:])
    if first.role == "system" or not _writes_system(tokenizer):
        return (Message(role=first.role, content=f"{instruction}\n\n{first.content}"), *rest)
    return (Message(role="system", content=instruction), first, *rest)


def checked_finding(checker: Checker, prompted: Sequence[Prompted], pass_at: float, how: str) -> Finding:
    """Return the share of answers that the checker passes, with exact limits."""
    rewards = checker([one.asked for one in prompted], [one.answer for one in prompted]) if prompted else []
    known = [reward for reward in rewards if reward is not None]
    passed = sum(reward >= pass_at for reward in known)
    if not known:
        return missing(*ALONE, "share", f"the checker scored no answer; {how}")
    return share(*ALONE, passed, len(known), f"{passed:,} of {len(known):,} greedy answers pass; {how}")


def judged_finding(judge: StyleJudge, prompted: Sequence[Prompted], how: str) -> Finding:
    """Return the share of answers in the chosen answers' style, corrected for the judge's errors (Rogan and Gladen 1978).

    The limits carry the judge's uncertainty too. It is assumed to err on the model's answers as it does on those of the data.
    """
    if not prompted:
        return missing(*ALONE, "share", f"no prompt was answered; {how}")
    approved = sum(judge.approves([one.answer.text for one in prompted]))
    because = f"{approved:,} of {len(prompted):,} greedy answers read like chosen ones, corrected for errors: "
    interval = rogan_gladen(approved, len(prompted), judge.errors, LEVEL)
    return from_interval(*ALONE, "share", interval, f"{because}{judge.instrument.because}; {how}")


def unjudged_finding(judge: StyleJudge) -> Finding:
    """Return the missing share, and why the judge may not be used."""
    return missing(*ALONE, "share", f"no checker was given, and {judge.instrument.because}")


def accuracy_finding(judge: StyleJudge) -> Finding:
    """Return the instrument as a finding of its own."""
    errors, because = judge.errors, judge.instrument.because
    total = errors.positives + errors.negatives
    return share(*ACCURACY, errors.found + errors.left_alone, total, because)


def describe_prompt(instruction: str, too_long: int) -> str:
    """Say which prompt was tried, and how many prompts were too long for it."""
    if not instruction:
        return "with the prompts as they stand in the data, no style prompt given"
    passed_over = f", {too_long:,} prompts that are too long with it passed over" if too_long else ""
    return f"with the given style prompt{passed_over}"


def _writes_system(tokenizer: "PreTrainedTokenizerBase") -> bool:
    import jinja2

    mark = "tunegate-system"
    turns = [{"role": "system", "content": mark}, {"role": "user", "content": "a"}]
    try:
        return mark in tokenizer.apply_chat_template(turns, tokenize=False)
    except (jinja2.TemplateError, ValueError, TypeError):
        return False
