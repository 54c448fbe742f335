"""`tunegate recommend`: facts in, ranked strategies out."""

import sys
from pathlib import Path

import click

from reports.errors import UsageError
from reports.records.intake import Intake
from reports.records.recommendation import Recommendation
from selector.commands.options import json_option, layout_option, parse_assignments, read_layout


@click.command()
@click.argument("intake", type=click.Path(path_type=Path), required=False)
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="Set one fact; may be repeated.")
@click.option("--data", "sources", multiple=True, metavar="FILE", help="Measure facts from a data set; may be repeated.")
@click.option("--model", help="Measure facts from a model folder or hub name.")
@click.option("--probe", is_flag=True, help="Measure the model itself on the data, too; takes minutes. See `tunegate probe`.")
@click.option("--machine/--no-machine", default=True, help="Measure this machine where its facts are not given.")
@click.option("--policy", type=click.Path(path_type=Path), help="TOML file that overrides weights and thresholds.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--explain", is_flag=True, help="Show every rule's contribution.")
@click.option("--record", type=click.Path(path_type=Path), help="Also write the decision record (Markdown) to this file.")
@layout_option
@json_option
def command(
    intake: Path | None,
    facts: tuple[str, ...],
    sources: tuple[str, ...],
    model: str | None,
    probe: bool,
    machine: bool,
    policy: Path | None,
    seed: int,
    explain: bool,
    record: Path | None,
    layout: str | None,
    as_json: bool,
) -> None:
    """Recommend a fine-tuning method.

    INTAKE is a YAML or JSON file of facts, for example `preference_pairs: 800`; - reads standard input.
    """
    from selector.pipeline import recommend

    known = gather(intake, facts, sources, model, machine, probe, read_layout(layout))
    found = recommend(known, policy, seed)
    if record is not None:
        from reports.rundir import write_text
        from selector.decision_record import decision_record

        write_text(record, decision_record(known, found))
        click.echo(f"note: decision record written to {record}", err=True)
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        click.echo(as_text(found, explain))


def gather(
    path: Path | None,
    facts: tuple[str, ...],
    sources: tuple[str, ...],
    model: str | None,
    machine: bool,
    probe: bool = False,
    layout: str | None = None,
) -> Intake:
    """Join facts: measured ones first, then the file's, then the flags'."""
    from selector.intake import parse_fact, read_intake
    from selector.probes import data_facts, machine_facts, model_facts

    read = read_intake(path) if path is not None else Intake()
    if path is None and not facts and not sources and model is None:
        raise UsageError("Nothing to recommend from. Give an INTAKE file, --fact NAME=VALUE, --data FILE or --model NAME.")
    measured = machine_facts() if machine else {}
    if probe:
        from selector.commands.probe import probed_facts

        measured |= probed_facts(sources, model, layout)
    else:
        measured |= {**data_facts(sources, layout), **(model_facts(model) if model else {})}
        _tell_model(model)
    flags = {name: parse_fact(name, text, "flag") for name, text in parse_assignments(facts, "--fact").items()}
    return Intake(facts={**measured, **read.facts, **flags})


def _tell_model(model: str | None) -> None:
    from selector.probe_text import model_in_words
    from selector.probes import describe

    if model is not None:
        click.echo(f"note: {model_in_words(describe(model))}", err=True)


def as_text(found: Recommendation, explain: bool) -> str:
    """Return the recommendation as plain text for a terminal."""
    lines = [found.sentence, f"Confidence: {found.confidence}. Parameters: {found.parameters} ({found.parameters_because})", ""]
    lines += [f"  {axis.name:<10} {axis.score:.1f} of 5   ({axis.low:.1f} to {axis.high:.1f})" for axis in found.axes]
    lines += ["", "Ranking                score   P(best)"]
    for ranked in found.ranking:
        lines.append(f"  {ranked.strategy:<18} {ranked.score:7.2f}   {ranked.p_best:6.0%}")
        shown = ranked.reasons if explain else ()
        lines += [f"      {reason.points:+.2f}  {reason.because}  [{reason.rule}]" for reason in shown]
    if found.ruled_out:
        lines += ["", "Ruled out"]
        lines += [f"  {out.strategy:<18} {out.because}" for out in found.ruled_out]
    if found.flips_when:
        lines += ["", "What would change the answer"]
        lines += [f"  {flip.sentence}" for flip in found.flips_when]
    lines += ["", "Next"]
    lines += [f"  {number}. {phase.title}: {phase.do}" for number, phase in enumerate(found.phases, start=1)]
    lines += ["", f"Safety class {found.safety_class}: gates {', '.join(found.required_gates)}"]
    lines += [f"Sign-offs: {', '.join(found.required_signoffs)}"] if found.required_signoffs else []
    if found.unknown:
        lines += ["", f"Not known (widens the answer): {', '.join(found.unknown)}"]
    return "\n".join(lines)
