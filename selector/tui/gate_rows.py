"""What the gates screen says: rows with interval bars, and everything about one gate."""

from textwrap import shorten
from typing import Final, NamedTuple

from textual.content import Content

from reports.records.gates import Deciding, Estimate, GateResult, Gates, Instrument
from reports.wording import SHARES, change, interval, is_preference, margin, number, visible
from selector.tui.drawing import MARGIN, ZERO, Span, interval_bar, tinted
from selector.tui.side_by_side import hanging, side_by_side
from selector.tui.wording import GATES, STYLES, VERDICTS, Sign

WORST_FIRST: Final = ("fail", "broken", "unresolved", "pass")
QUIET, ACCENT = STYLES["quiet"], STYLES["accent"]
INFORM: Final = Sign("·", "info", "quiet")


class Shown(NamedTuple):
    """What decides a gate: the estimate that is compared, and the value its interval must be clear of."""

    estimate: Estimate
    threshold: float
    signed: bool
    """Whether the estimate is a difference between the sides."""


def ordered(gates: Gates) -> list[GateResult]:
    """Return the gates with what needs attention first, and required ones before the others."""
    return sorted(gates.results, key=lambda gate: (not gate.required, WORST_FIRST.index(gate.state)))


def sign_of(gate: GateResult) -> Sign:
    """Return the sign of a gate; one that only informs has no pass to show."""
    return INFORM if gate.kind == "inform" and gate.state == "pass" else GATES[gate.state]


def title_of(gate: GateResult, most: int) -> str:
    """Return the title of a gate, and that it is not required in as many words as fit into `most` characters."""
    if gate.required:
        return gate.title
    titles = (f"{gate.title} ({words})" for words in ("not required", "optional", "info"))
    return next((title for title in titles if len(title) <= most), gate.title)


def shown(gate: GateResult) -> Shown:
    """Return the estimate a gate compares, and with what."""
    if gate.kind == "limit":
        return Shown(gate.candidate, gate.margin, signed=False)
    upward = gate.direction == "higher"
    gain = abs(gate.margin) if gate.kind == "superiority" else -abs(gate.margin)
    return Shown(gate.difference, gain if upward else -gain, signed=True)


def bar(gate: GateResult, width: int) -> Content:
    """Return the interval bar of a gate, the margin standing out; empty where nothing was measured."""
    found = shown(gate)
    low, value, high = found.estimate.low, found.estimate.value, found.estimate.high
    if low is None or value is None or high is None:
        return Content()
    drawn = interval_bar(Span(low, value, high), found.threshold, width)
    return tinted(drawn, STYLES[sign_of(gate).tone], {ZERO: QUIET, MARGIN: f"{STYLES['plain']} bold"})


def difference_text(gate: GateResult, most: int) -> str:
    """Return the difference with its interval, or the candidate's value where a limit is what counts.

    Where that is longer than `most` characters, the unit goes first, then all but two significant digits.
    """
    found = shown(gate)
    estimate, write = found.estimate, change if found.signed else number
    value = write(estimate.value, gate.unit)
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return value
    unit = next((end for end in (" points", " %", f" {gate.unit}") if gate.unit and value.endswith(end)), "")
    bare, *ends = (write(end, gate.unit).removesuffix(unit) for end in (estimate.value, estimate.low, estimate.high))
    scale = 100 if gate.unit in SHARES else 1
    least, *few = (_two_digits(end * scale) for end in (estimate.value, estimate.low, estimate.high))
    texts = (
        f"{value.replace(' points', ' pt')} [{', '.join(ends)}]",
        f"{bare} [{', '.join(ends)}]",
        f"{'+' if found.signed and estimate.value > 0 else ''}{least} [{', '.join(few)}]",
    )
    return next((text for text in texts if len(text) <= most), texts[-1])


def verdict_line(gates: Gates, most: int) -> Content:
    """Return the verdict with its reason, at most about `most` characters of it, and what follows."""
    sign = VERDICTS[gates.verdict]
    counts = ", ".join(f"{n} {word}" for word, n in _counts(gates).items())
    return Content.assemble(
        (f" {sign.mark} {sign.word.upper()} ", f"{STYLES[sign.tone]} bold reverse"),
        ("  ", ""),
        (shorten(visible(gates.because), most, placeholder=" …"), "bold"),
        (f"\n{counts}. ", QUIET),
        ("Next: ", ACCENT),
        (visible(gates.next_step), ""),
    )


def gate_page(gate: GateResult, gates: Gates, width: int) -> Content:
    """Return everything about a gate: why, how it was measured, and the prompts that decided it."""
    parts = [details(gate, width)]
    for number_of, prompt in enumerate(gate.deciding, start=1):
        title = Content.styled(f"Deciding prompt {number_of} of {len(gate.deciding)}", f"{QUIET} bold")
        answers = side_by_side(("Baseline", visible(prompt.baseline)), ("Candidate", visible(prompt.candidate)), width)
        parts.append(Content("\n").join([title, deciding(prompt), answers]))
    parts.append(hanging(Content.styled("Verdict     ", QUIET), Content(visible(gates.because)), width))
    if gates.not_tested:
        parts.append(not_tested(gates))
    return Content("\n\n").join(parts)


def details(gate: GateResult, width: int) -> Content:
    """Return everything known about one gate except the prompts that decided it."""
    missing = f", {gate.missing} missing" if gate.missing else ""
    fields = (
        ("Demands", f"{margin(gate)}, level {gate.level:g}{'' if gate.required else '; not required'}"),
        ("Found", _found(gate)),
        ("Method", f"{visible(gate.method)}, n = {gate.n}{missing}"),
        ("To decide", visible(gate.resolve)),
        ("Fragility", visible(gate.fragility)),
    )
    because = hanging(sign_of(gate).content + Content("  "), Content.styled(visible(gate.because), "bold"), width)
    lines = [_field(name, Content(text), width) for name, text in fields if text]
    return Content("\n").join([because, *lines, *(_instrument(instrument, width) for instrument in gate.instruments)])


def deciding(prompt: Deciding) -> Content:
    """Return one deciding prompt with its note; the answers stand beside each other below it."""
    return Content.assemble(("Prompt  ", QUIET), (visible(prompt.prompt), ""), (f"\n{visible(prompt.note)}", ACCENT))


def not_tested(gates: Gates) -> Content:
    """Return what the gates say nothing about."""
    return (
        Content.assemble(("Not tested: ", QUIET), ("; ".join(map(visible, gates.not_tested)), QUIET))
        if gates.not_tested
        else Content()
    )


def _found(gate: GateResult) -> str:
    candidate = number(gate.candidate.value, gate.unit)
    before = "" if gate.baseline.value is None else f"{number(gate.baseline.value, gate.unit)} → "
    if is_preference(gate) or gate.kind == "limit" or gate.difference.value is None:
        return f"{before}{candidate}, interval {interval(gate.candidate, gate.unit)}"
    moved = change(gate.difference.value, gate.unit)
    return f"{before}{candidate}, {moved}, interval {interval(gate.difference, gate.unit, signed=True)}"


def _instrument(instrument: Instrument, width: int) -> Content:
    mark, tone = ("✓", STYLES["good"]) if instrument.ok else ("✗", STYLES["bad"])
    seen = f" {number(instrument.value)} (limit {instrument.limit:g}); {visible(instrument.because)}"
    return _field("Instrument", Content.assemble((f"{mark} {visible(instrument.name)}", tone), (seen, "")), width)


def _field(name: str, text: Content, width: int) -> Content:
    return hanging(Content.styled(f"{name:<12}", QUIET), text, width)


def _two_digits(value: float) -> str:
    return (f"{value:.0f}" if abs(value) >= 100 else f"{value:.2g}").replace("-", "−")


def _counts(gates: Gates) -> dict[str, int]:
    required = [gate for gate in gates.results if gate.required]
    states = [gate.state for gate in required]
    return {state: states.count(state) for state in ("pass", "fail", "unresolved", "broken") if state in states}
