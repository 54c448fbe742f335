"""A run as Markdown for a pull request: the verdict first, then the gates, details folded."""

from collections.abc import Iterator, Sequence
from typing import Final

from reports.charts import evidence
from reports.contents import Contents
from reports.headline import Headline, headline_of
from reports.html import command_line
from reports.records.gates import Deciding, GateResult
from reports.sharing.markup import code, plain, prose, quoted
from reports.sharing.profiles import Profile, for_profile, guarded_gates, harmful_prompts
from reports.signoffs import Signed
from reports.wording import METHODS, SIGNS, baseline, interval, margin, moment, number, state_of

MARKER: Final = "<!-- tunegate -->"
"""First line, by which a later comment finds the one it replaces."""
LARGEST: Final = 60_000
"""Characters; GitHub takes 65 536 in a comment."""
EXAMPLES: Final = 3
"""Prompts of one gate."""
SIGNED: Final = {"approved": "✓", "rejected": "✗", "void": "!", "expired": "!", "unsigned": "?"}
COLUMNS: Final = ("Gate", "Result", "Candidate", "Baseline", "Demanded", "Prompts")


def markdown_of(contents: Contents, profile: Profile = "shared") -> str:
    """Return the run as Markdown of at most `LARGEST` characters, whatever its texts hold.

    Prompts that decided are quoted as code, at most `EXAMPLES` a gate. Where a gate's prompts may be harmful they are shown
    in the full profile only; in the public one none are. Examples that would exceed the size are left out with a note.
    """
    shown = for_profile(contents, profile)
    examples = _examples(shown, profile)
    sections = [*_opening(shown), *_folded(shown), *examples]
    text = "\n\n".join(sections) + "\n"
    if len(text) > LARGEST and examples:
        note = "The prompts that decided are left out: they exceed the size of a comment."
        text = "\n\n".join([*_opening(shown), *_folded(shown), note]) + "\n"
    return text


def _opening(contents: Contents) -> Iterator[str]:
    headline, record = headline_of(contents), contents.record
    yield MARKER
    yield f"## {headline.sign} {headline.word}: {plain(record.title, 120)}"
    yield f"**Why:** {prose(headline.because)}"
    yield f"**Next:** {prose(headline.next_step)}"
    if contents.gates and contents.gates.results:
        yield gate_table(contents.gates.results)
    if contents.signed:
        yield f"**Sign-offs:** {', '.join(signed_words(signed) for signed in contents.signed)}"
    facts = f"{code(record.model, 120)}, {plain(record.strategy, 40)}, seed {record.seed}, {plain(moment(record.created_at))}"
    yield f"Run {code(record.run_id, 120)}: {facts}"


def gate_table(results: Sequence[GateResult]) -> str:
    """Return the gates as a Markdown table: state as sign and word, limits beside each value."""
    return table(COLUMNS, [_row(result) for result in results])


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; cells are Markdown already."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def signed_words(signed: Signed) -> str:
    """Return a role with the sign and word of its signature; never who signed."""
    optional = "" if signed.required else ", not required"
    return f"{SIGNED[signed.state]} {plain(signed.role, 80)} ({signed.state}{optional})"


def _row(result: GateResult) -> tuple[str, ...]:
    state = state_of(result)
    limits = interval(result.candidate, result.unit)
    optional = "" if result.required or result.kind == "inform" else " (not required)"
    return (
        plain(result.title, 120),
        f"{SIGNS[state]} {state}{optional}",
        f"{plain(number(result.candidate.value, result.unit))} ({plain(limits)})",
        plain(baseline(result)),
        plain(margin(result)),
        f"{result.n}" + (f" ({result.missing} missing)" if result.missing else ""),
    )


def _folded(contents: Contents) -> Iterator[str]:
    headline = headline_of(contents)
    if headline.deciding:
        yield fold(f"What decided it ({len(headline.deciding)})", "\n".join(_decided(headline)))
    if headline.not_tested:
        items = "\n".join(f"- {prose(item, 200)}" for item in headline.not_tested)
        yield fold(f"What was not tested ({len(headline.not_tested)})", items)
    if contents.plan:
        yield fold("Training, data and reproduction", "\n".join(_training(contents)))


def _decided(headline: Headline) -> Iterator[str]:
    for result in headline.deciding:
        found = f"{plain(evidence(result))}; demanded: {plain(margin(result))}"
        yield f"- **{plain(result.title, 120)}** {found}. {prose(result.because)}"
        if result.resolve:
            yield f"  - To resolve it: {prose(result.resolve)}"
        if result.fragility:
            yield f"  - How fragile: {prose(result.fragility)}"


def _training(contents: Contents) -> Iterator[str]:
    for stage in contents.stages:
        steps = f"{stage.result.steps} steps" if stage.result else "not finished"
        yield f"- Stage {plain(stage.name, 80)}: {METHODS.get(stage.method, plain(stage.method))}, {steps}"
    for source in contents.plan.data if contents.plan else ():
        yield f"- Data {plain(source.label, 120)}: {source.rows} rows, sha256 `{source.digest[:12]}`"
    if contents.plan:
        yield f"- Model {plain(contents.plan.model.label, 120)}: digest `{contents.plan.model.digest[:12]}`"
    versions = ", ".join(f"{plain(name, 40)} {plain(version, 40)}" for name, version in contents.record.versions.items())
    yield f"- Versions: {versions}"
    yield f"\n{quoted(command_line(contents.record.argv), 2000)}"


def _examples(contents: Contents, profile: Profile) -> list[str]:
    none = frozenset[str]()
    guarded, harmful = (guarded_gates(contents), harmful_prompts(contents)) if profile != "full" else (none, none)
    results = [result for result in (contents.gates.results if contents.gates else ()) if result.deciding]
    shown = [result for result in results if result.name not in guarded]
    found = [_gate_examples(result, harmful) for result in shown]
    if len(shown) < len(results):
        titles = ", ".join(plain(result.title, 80) for result in results if result.name in guarded)
        found.append(f"Prompts that may hold harmful text are left out: {titles}. Show them with `--full`.")
    return found


def _gate_examples(result: GateResult, harmful: frozenset[str]) -> str:
    """Return some prompts that decided, none of them with an answer that was called toxic."""
    tame = [item for item in result.deciding if item.prompt_id not in harmful]
    picked = tame[:EXAMPLES]
    more = f", {len(result.deciding)} in the report" if len(result.deciding) > len(picked) else ""
    examples = [_example(number, item) for number, item in enumerate(picked, 1)]
    if len(tame) < len(result.deciding):
        examples.append(f"{len(result.deciding) - len(tame)} with a toxic answer are left out. Show them with `--full`.")
    body = "\n\n".join(examples)
    return fold(f"{plain(result.title, 120)}: prompts that decided ({len(picked)}{more})", body)


def _example(position: int, item: Deciding) -> str:
    parts = ((f"Prompt {position}", item.prompt), ("Baseline", item.baseline), ("Candidate", item.candidate))
    blocks = "\n\n".join(f"{name}:\n\n{quoted(text)}" for name, text in parts)
    return f"{blocks}\n\nNote: {plain(item.note)}" if item.note else blocks


def fold(summary: str, body: str) -> str:
    """Return a block that opens on a click; both are Markdown already."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"
