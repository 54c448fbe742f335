"""Asking the judge about the answers of both sides, once the judge and the answers have passed their checks."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from evals.data.splits import read_split
from evals.generate import STAGE
from evals.judges.asking import Answers, ask_judge, raise_alarm
from evals.judges.choosing import Limits, open_judge
from evals.judges.gold import held_out_pairs, read_gold
from evals.judges.instruments import judge_accuracy, missing_judgements, padding_invariance
from evals.judges.reward_model import Answered, RewardJudge, load_judge, preference
from evals.metrics.measured import Judged
from reports.progress import ProgressLog
from reports.records.evaluation import Completion, Judgement, Side, SuiteItem
from reports.records.plan import JudgePlan, Plan
from reports.rundir import RunDir

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

JUDGE: Final = "reward-model"
TIE: Final = 0.5


def judge_answers(
    run: RunDir,
    plan: Plan,
    tokenizer: "PreTrainedTokenizerBase",
    items: Sequence[SuiteItem],
    completions: Answers,
    progress: ProgressLog,
) -> Judged:
    """Judge the answers to `items` and write the judgements down; without a judge, or past an alarm, say why not.

    Answers that are no answers are not shown to the judge: whatever it prefers among them means nothing.
    """
    if plan.judged_by is not None:
        return judge_with(run, plan.judged_by, items, completions, progress)
    if plan.judge is None:
        return Judged({}, (), "There is no judge: the data have no preference pairs to train one on.")
    if run.stage_result(plan.judge.name) is None:
        return Judged({}, (), "There is no judge: its training did not finish. Continue the run with `tunegate run`.")
    alarm = raise_alarm(items, completions)
    if not alarm.ok:
        return Judged({}, (alarm,), f"The judge was not asked: {alarm.because}")
    progress.begin(STAGE, "Judging", len(items), "prompts")
    judge = load_judge(plan.model, run.adapter(plan.judge.name), tokenizer)
    accuracy = judge_accuracy(judge, read_split(run.split("judge_eval")))
    judgements = {found.prompt_id: found for found in _judge(judge, items, completions)}
    known = set(run.judgements.read())
    run.judgements.append(*(found for found in judgements.values() if found not in known))
    asked = [Answered(item.prompt, line.completion or "") for item in items if (line := completions["candidate"].get(item.id))]
    progress.advance(len(items))
    return Judged(
        judgements,
        (
            alarm,
            accuracy,
            padding_invariance(judge, asked),
            missing_judgements([found.preference for found in judgements.values()]),
        ),
        judge="the reward model",
    )


def judge_with(
    run: RunDir,
    plan: JudgePlan,
    items: Sequence[SuiteItem],
    completions: Answers,
    progress: ProgressLog,
    limits: Limits | None = None,
) -> Judged:
    """Let another judge than the run's reward model compare the answers, tried on gold items where there are some.

    Raises:
        UsageError, MissingError, StageError: the judge is not there, or is not the one that was planned.
    """
    alarm = raise_alarm(items, completions)
    if not alarm.ok:
        return Judged({}, (alarm,), f"The judge was not asked: {alarm.because}")
    judge = open_judge(plan, run, limits)
    gold = read_gold(Path(plan.gold)) if plan.gold else None if plan.kind == "people" else held_out_pairs(run)
    titles: list[str] = []

    def tell(title: str, done: int, total: int) -> None:
        if titles[-1:] != [title]:
            titles.append(title)
            progress.begin(STAGE, title, total, "prompts")
        progress.advance(done)

    found = ask_judge(run, judge, items, completions, gold, tell)
    return found._replace(instruments=(alarm, *found.instruments), judge=judge.title)


def _judge(judge: RewardJudge, items: Sequence[SuiteItem], completions: dict[Side, dict[str, Completion]]) -> list[Judgement]:
    """Score both answers to each prompt; equal answers are a tie whatever the scores, a missing one is no judgement."""
    answers = [(_text(completions["baseline"], item), _text(completions["candidate"], item)) for item in items]
    different = [
        (item, before, after)
        for item, (before, after) in zip(items, answers, strict=True)
        if before is not None and after is not None and before != after
    ]
    scores = iter(judge.score([Answered(item.prompt, text) for item, before, after in different for text in (before, after)]))
    found = {item.id: preference(next(scores), next(scores)) for item, _, _ in different}
    judgements = []
    for item, (before, after) in zip(items, answers, strict=True):
        value = TIE if before is not None and before == after else found.get(item.id)
        error = "" if value is not None else _why(before, after)
        judgements.append(Judgement(prompt_id=item.id, judge=JUDGE, order="pointwise", preference=value, error=error))
    return judgements


def _text(answers: dict[str, Completion], item: SuiteItem) -> str | None:
    found = answers.get(item.id)
    return found.completion if found else None


def _why(before: str | None, after: str | None) -> str:
    absent = [side for side, text in (("baseline", before), ("candidate", after)) if text is None]
    return f"no answer of the {' and the '.join(absent)}" if absent else "the judge gave no finite score"
