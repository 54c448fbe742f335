"""The data stage of a run: sources in; checked, filtered and split rows out."""

from collections.abc import Sequence
from typing import Final

from evals.data.acceptance import accept, of_data
from evals.data.checks.containment import TITLE as CONTAINED
from evals.data.checks.containment import check_containment
from evals.data.checks.contents import check_contents
from evals.data.checks.enough import check_rows
from evals.data.checks.evidence import skipped
from evals.data.checks.leakage import LEARNED, check_leakage, find_leaks
from evals.data.checks.model import generation_ends
from evals.data.checks.near import NEAR_LEAK, check_near_leakage
from evals.data.checks.unusable import check_unusable
from evals.data.cleaning import Measured, fit_all, remove_defects
from evals.data.cost import stage_tokens
from evals.data.examples import Example
from evals.data.grouping import group_prompts
from evals.data.keys import prompt_key
from evals.data.lengths import TokenCounter
from evals.data.profile import profile
from evals.data.reading import Source, for_comparison, read_sources
from evals.data.splits import ROW_KINDS, Needs, RowKind, Rows, Splits, check_sizes, cut, kind_for
from evals.data.template.collating import Setup
from evals.data.template.doctor import diagnose
from evals.data.trail import Trail
from evals.data.writing import write_rejected, write_splits
from reports.errors import BlockedError
from reports.progress import ProgressLog
from reports.records.data import Check, Checks
from reports.records.evaluation import SuiteItem
from reports.records.plan import Method, Plan
from reports.rundir import RunDir

TARGET_PROMPTS: Final = 120
PAIR_METHODS: Final[frozenset[Method]] = frozenset({"dpo", "orpo", "reward"})
REWARDED_METHODS: Final[frozenset[Method]] = frozenset({"rloo", "grpo"})
NO_SUITE: Final = "the plan measures on no suite"
ROW_NAMES: Final[dict[RowKind, str]] = {
    "demonstrations": "demonstrations",
    "pairs": "preference pairs",
    "ratings": "rated answers",
    "prompts": "prompts without an answer",
}


def prepare(run: RunDir, plan: Plan, progress: ProgressLog) -> Checks:
    """Read, check, filter and split the data of a plan; the lineage is written last.

    The same plan on the same files writes the same bytes.

    Raises:
        BlockedError: a blocking check failed and nobody accepted it; profile, checks and rejected rows are written.
        DataError: too few rows are left for a split that a stage needs, or a source cannot be read.
        StageError: a source changed since the plan was made.
    """
    needs = needs_of(plan)
    sources = read_sources(plan, progress)
    trail = Trail(sum(source.rows for source in sources))
    trail.checks.append(check_unusable(sources))
    measured = _clean(plan, sources, trail, progress)
    rows = _select(measured.rows, needs, trail)
    grouping = group_prompts(rows.all)
    trail.notes += grouping.notes
    splits = cut(rows, needs, grouping)
    if splits.reserved:
        trail.lose("reserved for the judge", splits.reserved, "rows whose prompt the judge learns or is tested on")
    trail.checks += check_contents(rows.all, {id(row): row.columns for row in rows.all})
    checks = _checks(plan, splits, trail)
    write_rejected(run, sources, trail)
    stages = stage_tokens(plan, splits.rows, measured.lengths, length_limit(plan))
    run.write(profile(sources, measured.lengths, trail.notes, stages))
    run.write(checks)
    _refuse_blocked(checks)
    check_sizes(splits, trail.history())
    write_splits(run, splits, sources, trail, grouping, plan.seed)
    return checks


def needs_of(plan: Plan) -> Needs:
    """Return which splits the stages of a plan read."""
    methods = {stage.method for stage in plan.stages}
    wanted = {choice.name: choice.value for choice in plan.evaluation}.get("target_prompts")
    return Needs(
        sft="sft" in methods,
        pairs=bool(methods & PAIR_METHODS),
        unpaired="kto" in methods,
        prompts=bool(methods & REWARDED_METHODS),
        judge=plan.judge is not None,
        target_prompts=wanted if isinstance(wanted, int) else TARGET_PROMPTS,
        seed=plan.seed,
    )


def length_limit(plan: Plan) -> int | None:
    """Return how many tokens every stage reads whole: the least `max_length`, within the model's context."""
    stages = (*plan.stages, *((plan.judge,) if plan.judge else ()))
    chosen = [stage.values().get("max_length") for stage in stages]
    return min((value for value in (*chosen, plan.model.context_length) if isinstance(value, int) and value > 0), default=None)


def _clean(plan: Plan, sources: Sequence[Source], trail: Trail, progress: ProgressLog) -> Measured:
    from evals.models import load_tokenizer

    examples = remove_defects(sources, trail)
    with_messages = any(example.form == "messages" for example in examples)
    loaded = load_tokenizer(plan.model, with_messages)
    trail.notes += [*loaded.notes, *_form_notes(sources, with_messages)]
    limit = length_limit(plan)
    measured = fit_all(examples, TokenCounter(loaded.tokenizer, limit), limit, trail, progress)
    setup = Setup(loaded.tokenizer, limit, any(stage.values().get("assistant_only_loss") for stage in plan.stages))
    trail.checks += diagnose(measured.rows.all, setup, generation_ends=generation_ends(plan.model)).checks
    return measured


def _form_notes(sources: Sequence[Source], with_messages: bool) -> list[str]:
    if not with_messages:
        return [
            f"{source.label}: transcripts are kept as text, since the model has no chat template."
            for source in sources
            if source.layout.form == "transcript"
        ]
    rules = {
        "transcript": "transcripts were parsed into messages; neighbouring turns of one speaker became one",
        "text": "strings became one user turn and one assistant turn, since other rows of this run are messages",
    }
    return [f"{source.label}: {rules[source.layout.form]}." for source in sources if source.layout.form in rules]


def _select(rows: Rows, needs: Needs, trail: Trail) -> Rows:
    """Leave out the kinds of rows that no stage reads, and answers rated bad where all answers are imitated."""
    kind_of = {need: kind_for(need, rows) for need in needs.reads}
    kept = {kind: rows.of(kind) for kind in ROW_KINDS}
    for kind in ROW_KINDS:
        if kept[kind] and kind not in kind_of.values():
            kept[kind] = _leave_out(list(kept[kind]), ROW_NAMES[kind], trail)
    if needs.sft and kind_of["sft"] == "pairs" and kept["pairs"]:
        trail.notes.append("There are no demonstrations: SFT learns from the chosen answers of the pairs.")
    if needs.sft and kind_of["sft"] == "ratings" and kept["ratings"]:
        trail.notes.append("There are no demonstrations: SFT learns from the answers that are rated good.")
        if not needs.unpaired:
            ratings = list(kept["ratings"])
            bad = [place for place, row in enumerate(ratings) if row.carried["rating"] == "bad"]
            kept["ratings"] = trail.drop(ratings, bad, "rated bad", "SFT imitates answers, and these are rated bad")
    return Rows(**kept)


def _leave_out(examples: list[Example], name: str, trail: Trail) -> list[Example]:
    because = "no stage of this plan reads them"
    trail.notes.append(f"{len(examples):,} {name} are not used: {because}.")
    return trail.drop(examples, range(len(examples)), f"unused {name}", because)


def _checks(plan: Plan, splits: Splits, trail: Trail) -> Checks:
    sizes = {name: len(rows) for name, rows in splits.rows.items() if name in LEARNED and name != "judge_train"}
    checks = (*trail.checks, *_check_leakage(plan, splits), check_rows(sizes))
    return Checks(checks=accept(checks, of_data(plan.accepted)))


def _check_leakage(plan: Plan, splits: Splits) -> tuple[Check, ...]:
    """Look for prompts of the suites among the rows to learn from, and for prompts that straddle splits.

    Near duplicates cannot straddle splits, since groups of them are never cut: they are looked for in the suites.
    """
    learned = [for_comparison(row) for name in LEARNED for row in splits.rows.get(name, ())]
    measured = _suite_prompts(plan)
    keys = {name: {prompt_key(row.fields["prompt"]) for row in rows} for name, rows in measured.items()}
    in_suites = find_leaks({"sft_train": learned}, keys)
    leaked = {id(leak.example) for leak in in_suites}
    known = frozenset(place for place, row in enumerate(learned) if id(row) in leaked)
    exact = check_leakage(splits.rows, [*find_leaks(splits.rows, {}), *in_suites])
    if not measured:
        none = (skipped(*title, NO_SUITE, blocking=True) for title in (("LEAK002", NEAR_LEAK), ("LEAK003", CONTAINED)))
        return exact, *none
    items = [row for rows in measured.values() for row in rows]
    return exact, check_near_leakage(learned, items, known), check_containment(learned, items, known)


def _suite_prompts(plan: Plan) -> dict[str, list[Example]]:
    from evals.suites import load_suite

    return {
        f"suite {ref.name}": [_as_example(item, number) for number, item in enumerate(load_suite(ref, messages=True), start=1)]
        for ref in plan.suites
    }


def _as_example(item: SuiteItem, number: int) -> Example:
    prompt = (
        item.prompt if isinstance(item.prompt, str) else [{"role": turn.role, "content": turn.content} for turn in item.prompt]
    )
    row = Example(f"suite {item.suite}", number, "prompt-only", "messages", {"prompt": prompt}, {})
    return for_comparison(row)


def _refuse_blocked(checks: Checks) -> None:
    blockers = checks.blockers()
    if blockers:
        found = " ".join(f"{check.code}: {check.because}. {check.fix}" for check in blockers)
        flags = " ".join(f"--accept {check.code}" for check in blockers)
        raise BlockedError(
            f'Nothing was trained, since a data check failed. {found} To go on all the same: {flags} --because "…".'
        )
