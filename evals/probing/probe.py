"""The probe: everything the untouched model is asked before a decision, in one loading of its weights."""

from typing import Final

from evals.data.facts import count, read_effective
from evals.model_source import inspect_model
from evals.probing.bench import STAGE, Bench, Encoded, encode_prompts, set_up
from evals.probing.checkers import Checker, build_checker
from evals.probing.describing import describe_model
from evals.probing.headroom import headroom_findings
from evals.probing.lengths import length_bias_finding, length_findings
from evals.probing.passing import (
    cut_share,
    doubts,
    no_pass_findings,
    pass_findings,
    reference_finding,
    scorable_finding,
    score_references,
    score_samples,
)
from evals.probing.preference import preference_findings
from evals.probing.prompting import (
    Prompted,
    accuracy_finding,
    checked_finding,
    describe_prompt,
    judged_finding,
    unjudged_finding,
    with_instruction,
)
from evals.probing.rows import order_rows
from evals.probing.style import train_style_judge
from reports.progress import ProgressLog
from reports.records.probe import Finding, ProbeRequest, ProbeResult

PAIRS_PER_PROMPT: Final = 4
"""Pairs scored for each prompt that is sampled: scoring an answer costs a fraction of generating one."""


def probe_model(request: ProbeRequest, progress: ProgressLog) -> ProbeResult:
    """Measure the untouched model on the data.

    The same request gives the same findings on the same machine.

    Raises:
        UsageError: the checker cannot be used as given; it is tried on the data's good answers before the model is loaded.
        DataError: a source cannot be read.
        MissingError: the model or a source is not there.
    """
    checker = build_checker(request)
    progress.begin(STAGE, "Reading data and model", None, "")
    ref = inspect_model(request.model)
    effective = read_effective(request.sources, ref.has_chat_template, request.layout)
    data, rows = count(effective), order_rows(effective, request.seed)
    known = [reference_finding(score_references(checker, rows.asked[: request.prompts]), request.pass_at)] if checker else []
    bench = set_up(request, ref, rows, progress)
    findings = [
        *_answering(bench, checker),
        *known,
        *_prompting(bench, checker),
        *_preferring(bench),
        length_bias_finding(data),
        *length_findings(bench.tokenizer, rows.examples, bench.context),
    ]
    notes = (*bench.notes, *doubts(known))
    return ProbeResult(findings=tuple(findings), model=describe_model(request.model, ref), data=data, notes=notes)


def describe_checker(request: ProbeRequest) -> str:
    """Say what decides, and from which reward on."""
    if request.regex:
        return f"right where {request.regex!r} is found"
    if request.exact:
        return f"right where equal to '{request.exact}'"
    return f"right where {request.reward} gives {request.pass_at:g} or more"


def _answering(bench: Bench, checker: Checker | None) -> list[Finding]:
    """Sample answers; score them, and compare their likelihood with that of good answers."""
    request, prompts, progress = bench.request, bench.prompts, bench.progress
    samples = request.samples if checker else 1
    progress.begin(STAGE, "Sampling answers", len(prompts.ids), "prompts")
    answered = bench.speaker.sample(prompts.ids, samples, progress.advance)
    progress.begin(STAGE, "Scoring good answers", 2 * len(prompts.ids), "answers")
    headroom = headroom_findings(bench.speaker, prompts.asked, prompts.ids, answered, progress.advance)
    if checker is None:
        return [*no_pass_findings(), *headroom]
    scored = score_samples(checker, prompts.asked, answered)
    how = f"{samples} answers to each at temperature 1, {describe_checker(request)}, {cut_share(answered)}"
    return [*pass_findings(scored, request.pass_at, how), scorable_finding(scored, len(bench.rows.asked)), *headroom]


def _prompting(bench: Bench, checker: Checker | None) -> list[Finding]:
    """Answer greedily; let the checker decide, else a judge of style, if the pairs train one that is good enough."""
    instruction = bench.request.style_prompt
    prompts = _instructed(bench, instruction) if instruction else bench.prompts
    how = describe_prompt(instruction, prompts.cut)
    if checker is not None:
        return [checked_finding(checker, _answered(bench, prompts), bench.request.pass_at, how)]
    bench.progress.begin(STAGE, "Learning the style", None, "")
    judge = train_style_judge(bench.rows.pairs)
    if not judge.instrument.ok:
        return [unjudged_finding(judge), accuracy_finding(judge)]
    return [judged_finding(judge, _answered(bench, prompts), how), accuracy_finding(judge)]


def _instructed(bench: Bench, instruction: str) -> Encoded:
    """Return as many prompts as were sampled, behind the instruction; those that do not fit with it are passed over."""
    instructed = ((one, with_instruction(bench.tokenizer, one.prompt, instruction)) for one in bench.rows.asked)
    return encode_prompts(bench.tokenizer, instructed, bench.prompt_tokens, len(bench.prompts.ids), whole=True)


def _answered(bench: Bench, prompts: Encoded) -> list[Prompted]:
    bench.progress.begin(STAGE, "Answering greedily", len(prompts.ids), "prompts")
    answered = bench.speaker.answer(prompts.ids, bench.progress.advance)
    return [Prompted(one, answers[0]) for one, answers in zip(prompts.asked, answered.answers, strict=True) if answers]


def _preferring(bench: Bench) -> list[Finding]:
    pairs = bench.rows.pairs[: PAIRS_PER_PROMPT * bench.request.prompts]
    bench.progress.begin(STAGE, "Scoring pairs", 2 * len(pairs), "answers")
    return preference_findings(bench.speaker, pairs, bench.context, bench.progress.advance)
