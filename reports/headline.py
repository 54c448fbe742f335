"""The first screen of a report: the verdict, why, what decided it, how fragile it is and what to do next."""

import re
from typing import Final, Literal, NamedTuple

from reports.contents import Contents, stage_words
from reports.records.gates import GateResult, Gates

Tone = Literal["pass", "fail", "unresolved", "none"]


class Headline(NamedTuple):
    """The outcome of a run in words."""

    word: str
    sign: str
    tone: Tone
    because: str
    next_step: str
    deciding: tuple[GateResult, ...]
    """The gates that decided; empty without a verdict."""
    fragile: tuple[GateResult, ...]
    """Of those, the ones that say how little would change their state, the one that needs the fewest of its prompts first."""
    not_tested: tuple[str, ...]


_VERDICTS: dict[str, tuple[str, str, Tone]] = {
    "go": ("Go", "✓", "pass"),
    "no-go": ("No-go", "✗", "fail"),
    "inconclusive": ("Inconclusive", "?", "unresolved"),
}
_COUNTED: Final = re.compile(r"([\d,]+) of ([\d,]+) ")
_DECIDES = {"go": ("pass",), "no-go": ("fail",), "inconclusive": ("unresolved", "broken")}


def headline_of(contents: Contents) -> Headline:
    """Return the headline: the verdict of the gates, or why there is none."""
    gates = contents.gates
    if gates is None:
        return _without_verdict(contents)
    word, sign, tone = _VERDICTS[gates.verdict]
    deciding = deciding_gates(gates)
    return Headline(
        word=word,
        sign=sign,
        tone=tone,
        because=gates.because,
        next_step=gates.next_step,
        deciding=deciding,
        fragile=tuple(sorted((result for result in deciding if result.fragility), key=share_that_turns)),
        not_tested=gates.not_tested,
    )


def deciding_gates(gates: Gates) -> tuple[GateResult, ...]:
    """Return the required gates whose state led to the verdict."""
    decisive = _DECIDES[gates.verdict]
    return tuple(result for result in gates.results if result.required and result.state in decisive)


def share_that_turns(gate: GateResult) -> float:
    """Return the share of its prompts that would change a gate's state, as its own sentence counts them; 1 where none does."""
    found = _COUNTED.search(gate.fragility)
    if found is None:
        return 1.0
    some, all_of_them = (int(count.replace(",", "")) for count in found.groups())
    return some / all_of_them if all_of_them else 1.0


def _without_verdict(contents: Contents) -> Headline:
    record = contents.record
    word, sign = ("No verdict yet", "…") if record.status in ("created", "running") else ("No verdict", "–")
    planned = contents.plan.gates if contents.plan else ()
    return Headline(
        word=word,
        sign=sign,
        tone="fail" if record.status == "failed" else "none",
        because=_why(contents),
        next_step=_next_step(contents),
        deciding=(),
        fragile=(),
        not_tested=tuple(gate.title for gate in planned),
    )


def _why(contents: Contents) -> str:
    record = contents.record
    if "gates" in contents.absent and contents.absent["gates"] != contents.pending:
        return f"The gates cannot be read: {contents.absent['gates']}"
    if record.error:
        return f"The run ended in {stage_words(record.stage)}: {record.error}"
    return f"{contents.pending[0].upper()}{contents.pending[1:]}."


def _next_step(contents: Contents) -> str:
    record = contents.record
    blockers = contents.checks.blockers() if contents.checks else ()
    if blockers:
        fixes = " ".join(check.fix or check.title for check in blockers)
        return f"{fixes} Or accept the failed check with a reason; then start again."
    if record.status == "running":
        return f"Follow it with `tunegate watch {record.run_id}`."
    if record.status == "done":
        return f"Write the report again with `tunegate report {record.run_id}`, or repeat the run."
    return f"Continue with `tunegate run {record.run_id}`" + (" when the cause is mended." if record.status == "failed" else ".")
