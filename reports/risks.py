"""The risk register of a report: what can go wrong with data, model and process, what was measured of it, and what holds it."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from reports.contents import Contents
from reports.records.data import Check
from reports.records.gates import GateResult

Kind = Literal["data", "model", "process"]
State = Literal["pass", "warn", "fail", "unresolved", "broken", "skipped"]


class Risk(NamedTuple):
    """One line of the register."""

    kind: Kind
    title: str
    state: State
    measured: str
    mitigation: str


class Known(NamedTuple):
    """A risk that checks or gates measure, by the beginnings of their codes or metrics."""

    title: str
    measured_by: tuple[str, ...]
    mitigation: str


DATA: Final = (
    Known("What it is measured on was trained on", ("LEAK",), "Splits are grouped by prompt, and a leak stops the run."),
    Known("Preferences are wrong or contradict each other", ("NOISE", "PAIR", "WEAK", "MARG"), "Audit a sample; drop the pairs."),
    Known("It learns length or single words, not quality", ("LEN", "BOW"), "Balance the pairs; read the length-controlled rate."),
    Known("It learns personal data or secrets", ("PII", "SEC"), "Mask the rows; the gate on leaks looks for them in answers."),
    Known("It imitates toxic answers, or refuses too much", ("TOX", "SAFE"), "Clean the rows; gates on toxicity and refusal."),
    Known(
        "Rows are few, repeated, narrow or synthetic", ("DUP", "NEAR", "DIV", "ROWS", "SYN", "BAL"), "Collect more varied rows."
    ),
    Known(
        "Rows are cut, or the template is wrong", ("TRUNC", "TMPL", "EMPTY", "READ"), "The run leaves out or shortens such rows."
    ),
)
MODEL: Final = (
    Known("It is no better than before", ("win_rate", "perplexity_target", "reward"), "Keep the baseline."),
    Known("It answers harmful requests", ("refusal", "jailbreak"), "A filter before the model; go back on the first case."),
    Known("It refuses harmless requests", ("over_refusal",), "Watch complaints in the canary; add harmless look-alikes."),
    Known("It insults or hurts", ("toxicity",), "A filter behind the model; go back on the first case."),
    Known("It gives away personal data", ("personal_data", "leaks"), "A filter behind the model; mask the training rows."),
    Known(
        "It forgot what it could do", ("perplexity_general", "kl_general", "drift_answers", "capability", "format"), "Train less."
    ),
)
WORST: Final[tuple[State, ...]] = ("fail", "broken", "unresolved", "warn", "skipped", "pass")
MOST_NAMED: Final = 2
"""Findings quoted for a risk; the section of the report has all."""


def risks_of(contents: Contents) -> tuple[Risk, ...]:
    """Return the register; nothing that was not measured counts as held."""
    return (*_data(contents), *_model(contents), *_process(contents))


def _data(contents: Contents) -> Iterator[Risk]:
    checks = contents.checks.checks if contents.checks else ()
    for known in DATA:
        found = [check for check in checks if check.code.startswith(known.measured_by)]
        state = _worst([check.state for check in found if check.state != "skipped"])
        yield Risk("data", known.title, state, _checked(found), known.mitigation)


def _checked(found: Sequence[Check]) -> str:
    looked = [check for check in found if check.state != "skipped"]
    if not looked:
        return f"not measured: {found[0].because}" if found else "not measured"
    bad = [f"{check.code}: {check.because}" for check in looked if check.state != "pass"]
    if bad:
        return _first(bad)
    return f"{len(looked)} of {len(found)} checks looked, and pass: {', '.join(check.code for check in looked)}"


def _model(contents: Contents) -> Iterator[Risk]:
    results = [result for result in contents.gates.results if result.kind != "inform"] if contents.gates else []
    for known in MODEL:
        found = [result for result in results if result.metric.startswith(known.measured_by)]
        state = _worst([result.state for result in found])
        yield Risk("model", known.title, state, _gated(found), known.mitigation)


def _gated(found: Sequence[GateResult]) -> str:
    if not found:
        return "not measured: no gate that decides looked at it"
    by_state = sorted(found, key=lambda result: WORST.index(result.state))
    return _first([f"{result.title}: {result.because}" for result in by_state])


def _process(contents: Contents) -> Iterator[Risk]:
    yield _judge(contents)
    seeds = len(contents.seeds.runs) if contents.seeds else 1
    told = f"{seeds} training seeds" if seeds > 1 else "one training seed: this is about a checkpoint, not about the recipe"
    yield Risk(
        "process", "The result was luck of one training", "pass" if seeds > 1 else "skipped", told, "Train with --seeds 3."
    )
    alarms = [event.message for event in contents.events if event.kind in ("alarm", "early_stopped")]
    told = _first(alarms) if alarms else "no monitor raised an alarm"
    yield Risk(
        "process", "Training went astray", "warn" if alarms else "pass", told, "Monitors stop, or go back to a checkpoint."
    )
    wanting = [f"{one.role}: {one.state}" for one in contents.signed if one.required and one.state != "approved"]
    told = (
        _first(wanting) if wanting else "every required role approves" if contents.signed else "the policy asks for no signature"
    )
    yield Risk(
        "process", "Nobody answers for the rollout", "unresolved" if wanting else "pass", told, "A changed run voids them."
    )
    accepted = [f"{one.code}: {one.because}" for one in contents.plan.accepted] if contents.plan else []
    told = _first(accepted) if accepted else "no failed check was accepted"
    yield Risk("process", "A failed check was waved through", "warn" if accepted else "pass", told, "Names and reasons are kept.")


def _judge(contents: Contents) -> Risk:
    title, mitigation = "The judge is wrong", "Its checks come first: a judge below its floor decides nothing."
    gates = contents.gates.results if contents.gates else ()
    checks = [check for gate in gates if gate.metric.startswith("win_rate") for check in gate.instruments]
    if not checks:
        return Risk("process", title, "skipped", "not measured: no judge was checked", mitigation)
    bad = [check.because for check in checks if not check.ok]
    return Risk("process", title, "broken" if bad else "pass", _first(bad or [check.because for check in checks]), mitigation)


def _worst(states: Sequence[State]) -> State:
    return min(states, key=WORST.index) if states else "skipped"


def _first(sentences: Sequence[str]) -> str:
    more = len(sentences) - MOST_NAMED
    told = "; ".join(sentence.rstrip(".") for sentence in sentences[:MOST_NAMED])
    return f"{told}; and {more} more" if more > 0 else told
