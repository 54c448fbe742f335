"""Asking a judge about the answers of both sides: what was judged before is kept, and the judge is checked before it counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from evals.judges.contest import ALONE, Contest, Judge, Opinion, Order, say
from evals.judges.degenerate import degenerate, unasked_refusals
from evals.judges.gold import Gold
from evals.judges.instruments import agreement, missing_judgements, swap_consistency, unread_replies
from evals.metrics.measured import Judged
from evals.stats.judged import as_rows, by_prompt
from reports.records.evaluation import Completion, Judgement, Side, SuiteItem
from reports.records.gates import Instrument
from reports.rundir import RunDir

TIE: Final = 0.5
NO_GOLD: Final = "Nobody knows how often this judge is right here: it was not tried on items whose better answer is known."

Answers = dict[Side, dict[str, Completion]]
Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


class Told(NamedTuple):
    """What the judge says of some contests: from before, and now."""

    judgements: list[Judgement]
    unread: int
    replies: int


def raise_alarm(items: Sequence[SuiteItem], completions: Answers) -> Instrument:
    """Return the alarm for answers that are no answers; it comes before any judge, which such answers may please."""
    given = [line for item in items if (line := completions["candidate"].get(item.id))]
    return degenerate(given, unasked_refusals(items, given))


def ask_judge(
    run: RunDir, judge: Judge, items: Sequence[SuiteItem], completions: Answers, gold: Gold | None, tell: Tell
) -> Judged:
    """Ask about every prompt with two different answers, write the judgements down as they come, and check the judge.

    What was judged before under the same judge, prompt and answers is not asked again, failures are. Equal answers are a tie.
    """
    contests, settled = _contests(judge, items, completions)
    known = {(found.key, found.order): found for found in run.judgements.read() if found.key and found.preference is not None}
    told = _ask(judge, contests, known, run.judgements.append, lambda done: tell("Judging", done, len(contests)))
    on_gold = _ask(judge, gold.contests, {}, lambda *_: None, lambda done: tell("Trying the judge", done, 0)) if gold else None
    _append_new(run, settled)
    rows = (*told.judgements, *settled)
    agrees = [prompt.agrees for prompt in by_prompt(as_rows(told.judgements)) if prompt.agrees is not None]
    found = {prompt.prompt_id: prompt.preference for prompt in by_prompt(as_rows(rows), soft=True)}
    checks = (
        *((_gold_agreement(gold, on_gold.judgements),) if gold and on_gold else ()),
        swap_consistency(agrees),
        _unread(judge, [told, *([on_gold] if on_gold else [])]),
        *judge.checks(contests),
        missing_judgements(list(found.values())),
    )
    return Judged(
        {item.id: _joined(judge, item.id, found.get(item.id), rows) for item in items},
        tuple(check for check in checks if check is not None),
        rows=rows,
        notes=(*judge.notes(), *(() if gold or judge.name == "people" else (NO_GOLD,))),
    )


def _ask(
    judge: Judge,
    contests: Sequence[Contest],
    known: Mapping[tuple[str, Order], Judgement],
    keep: Callable[..., None],
    advance: Callable[[int], None],
) -> Told:
    """Ask about the contests that lack a judgement in one of the orders."""
    kept: list[Judgement] = []
    open_: list[Contest] = []
    for contest in contests:
        before = [known.get((contest.key(judge.identity), order)) for order in judge.orders]
        whole = [found for found in before if found is not None]
        if len(whole) == len(judge.orders):
            kept += [_of(found, contest) for found in whole]
        else:
            open_.append(contest)
    advance(len(contests) - len(open_))
    opinions: list[Opinion] = []
    if open_:
        for found in judge.compare(open_, lambda done: advance(len(contests) - len(open_) + done)):
            keep(*(opinion.judgement for opinion in found))
            opinions += found
    unread = sum(opinion.is_unread for opinion in opinions)
    replied = sum(opinion.judgement.preference is not None for opinion in opinions)
    return Told([*kept, *(opinion.judgement for opinion in opinions)], unread, unread + replied + len(kept))


def _contests(judge: Judge, items: Sequence[SuiteItem], completions: Answers) -> tuple[list[Contest], list[Judgement]]:
    """Return what the judge is asked, and the judgements that need no judge: ties of equal answers, and missing answers."""
    contests: list[Contest] = []
    settled: list[Judgement] = []
    for item in items:
        before, after = (_text(completions[side], item) for side in ("baseline", "candidate"))
        contest = Contest(item.id, item.prompt, before or "", after or "", item.reference)
        if before is None or after is None:
            settled += [say(contest, judge, order, None, _why(before, after)) for order in judge.orders]
        elif before == after:
            settled += [say(contest, judge, order, TIE) for order in judge.orders]
        else:
            contests.append(contest)
    return contests, settled


def _append_new(run: RunDir, judgements: Iterable[Judgement]) -> None:
    known = set(run.judgements.read())
    new = [found for found in judgements if found not in known]
    if new:
        run.judgements.append(*new)


def _gold_agreement(gold: Gold, judgements: Sequence[Judgement]) -> Instrument:
    """Count the items whose better answer both orders together name; a tie and a missing verdict count against the judge."""
    found = {prompt.prompt_id: prompt.preference for prompt in by_prompt(as_rows(judgements))}
    right = 0
    for contest, is_candidate in zip(gold.contests, gold.is_candidate, strict=True):
        preference = found.get(contest.prompt_id)
        right += preference is not None and preference != TIE and (preference > TIE) == is_candidate
    return agreement(right, len(gold.contests), gold.what)


def _unread(judge: Judge, told: Sequence[Told]) -> Instrument | None:
    """Return the share of replies without a verdict; scores and looked-up judgements are no replies."""
    if judge.orders == ALONE:
        return None
    return unread_replies(sum(part.unread for part in told), sum(part.replies for part in told))


def _joined(judge: Judge, prompt_id: str, preference: float | None, rows: Sequence[Judgement]) -> Judgement:
    errors = [row.error for row in rows if row.prompt_id == prompt_id and row.error]
    error = "" if preference is not None else next(iter(errors), "the judge was not asked")
    return Judgement(prompt_id=prompt_id, judge=judge.name, order="pointwise", preference=preference, error=error)


def _of(found: Judgement, contest: Contest) -> Judgement:
    """Return a judgement for another prompt with the same words and answers."""
    return found if found.prompt_id == contest.prompt_id else replace(found, prompt_id=contest.prompt_id)


def _text(answers: dict[str, Completion], item: SuiteItem) -> str | None:
    found = answers.get(item.id)
    return found.completion if found else None


def _why(before: str | None, after: str | None) -> str:
    absent = [side for side, text in (("baseline", before), ("candidate", after)) if text is None]
    return f"no answer of the {' and the '.join(absent)}"
