"""The data stage of a run: sources in; checked, filtered and split rows out."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from evals.data.checks.enough import check_rows
from evals.data.checks.leakage import LEARNED, check_leakage, find_leaks
from evals.data.cleaning import Measured, fit_all, remove_defects
from evals.data.examples import Example
from evals.data.keys import words_key
from evals.data.lengths import TokenCounter
from evals.data.profile import profile
from evals.data.reading import Source, read_sources
from evals.data.splits import Needs, Splits, check_sizes, cut
from evals.data.trail import Trail
from evals.data.writing import write_rejected, write_splits
from reports.errors import BlockedError, StageError
from reports.progress import ProgressLog
from reports.records.data import Check, Checks
from reports.records.evaluation import SuiteItem
from reports.records.plan import Plan
from reports.rundir import RunDir

TARGET_PROMPTS: Final = 120
PAIR_METHODS: Final = frozenset({"dpo"})


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
    measured = _clean(plan, sources, trail, progress)
    splits = _split(measured, needs, trail)
    checks = _checks(plan, splits, trail)
    write_rejected(run, sources, trail)
    run.write(profile(sources, measured.lengths, trail.notes))
    run.write(checks)
    _refuse_blocked(checks)
    check_sizes(splits, trail.history())
    write_splits(run, splits, sources, trail, plan.seed)
    return checks


def needs_of(plan: Plan) -> Needs:
    """Return which splits the stages of a plan read; StageError for a method without one."""
    methods = {stage.method for stage in plan.stages}
    unknown = methods - {"sft"} - PAIR_METHODS
    if unknown:
        raise StageError(f"No data split is made for {', '.join(sorted(unknown))}. Methods with splits: sft, dpo.")
    wanted = {choice.name: choice.value for choice in plan.evaluation}.get("target_prompts")
    return Needs(
        sft="sft" in methods,
        pairs=bool(methods & PAIR_METHODS),
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
    return fit_all(examples, TokenCounter(loaded.tokenizer, limit), limit, trail, progress)


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


def _split(measured: Measured, needs: Needs, trail: Trail) -> Splits:
    demonstrations, pairs = measured.demonstrations, measured.pairs
    if needs.sft and not demonstrations:
        trail.notes.append("There are no demonstrations: SFT learns from the chosen answers of the pairs.")
    if demonstrations and not needs.sft:
        demonstrations = _leave_out(demonstrations, "demonstrations", trail)
    elif demonstrations and pairs and not (needs.pairs or needs.judge):
        pairs = _leave_out(pairs, "preference pairs", trail)
    splits = cut(demonstrations, pairs, needs)
    if splits.reserved:
        trail.lose("reserved for the judge", splits.reserved, "demonstrations whose prompt the judge learns or is tested on")
    return splits


def _leave_out(examples: list[Example], name: str, trail: Trail) -> list[Example]:
    because = "no stage of this plan reads them"
    trail.notes.append(f"{len(examples):,} {name} are not used: {because}.")
    return trail.drop(examples, range(len(examples)), f"unused {name}", because)


def _checks(plan: Plan, splits: Splits, trail: Trail) -> Checks:
    leaks = find_leaks(splits.rows, _suite_prompts(plan))
    sizes = {name: len(rows) for name, rows in splits.rows.items() if name in LEARNED and name != "judge_train"}
    checks = (*trail.checks, check_leakage(splits.rows, leaks), check_rows(sizes))
    reasons = {acceptance.code: acceptance.because for acceptance in plan.accepted}
    return Checks(checks=tuple(_accept(check, reasons.get(check.code, "")) for check in checks))


def _accept(check: Check, because: str) -> Check:
    return replace(check, accepted_because=because) if check.state == "fail" and because else check


def _suite_prompts(plan: Plan) -> dict[str, set[bytes]]:
    from evals.suites import load_suite

    return {f"suite {ref.name}": {words_key(_contents(item)) for item in load_suite(ref, messages=True)} for ref in plan.suites}


def _contents(item: SuiteItem) -> str:
    return item.prompt if isinstance(item.prompt, str) else "\n\n".join(turn.content for turn in item.prompt)


def _refuse_blocked(checks: Checks) -> None:
    blockers = checks.blockers()
    if blockers:
        found = " ".join(f"{check.code}: {check.because}. {check.fix}" for check in blockers)
        flags = " ".join(f"--accept {check.code}" for check in blockers)
        raise BlockedError(
            f'Nothing was trained, since a data check failed. {found} To go on all the same: {flags} --because "…".'
        )
