"""`tunegate pairs samples`: preference pairs from a model's own answers, ranked by a judge."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Unpack

import click

from reports.errors import UsageError
from reports.records.gates import Estimate
from reports.records.pairs import EndpointUse, RefusedSamples, SampledPairsSummary
from reports.wording import visible
from selector.commands.endpoint_options import Counter, EndpointFlags, endpoint_options, open_client, use_line
from selector.commands.options import json_option
from selector.commands.pairs_ab import out_option
from selector.commands.quiet import be_quiet

if TYPE_CHECKING:
    from evals.pairs.choosing import Choosing, Item
    from evals.pairs.prompts import PromptRows
    from evals.pairs.ranking import Compared, Group
    from evals.pairs.samples import Samples, Settings

HELP: Final = "a / b better   t tie   s skip   u undo   q stop (the same command continues)"
JUDGES: Final = "reward:FOLDER, endpoint:URL#MODEL or person"


class Ranked(NamedTuple):
    """What the judge said of every group."""

    compared: "list[Compared]"
    rater: str
    consistency: Estimate | None = None
    use: EndpointUse | None = None


class Counts(NamedTuple):
    """What became of the prompts."""

    accepted: int
    refused: int
    min_margin: float


@click.command()
@click.option("--model", required=True, help="Model whose answers are paired: local folder or hub name.")
@click.option("--adapter", default="", metavar="FOLDER", help="Adapter on the model, for example of the SFT stage.")
@click.option("--prompts", "files", multiple=True, required=True, metavar="FILE", help="Held-out prompts; may be repeated.")
@click.option("--judge", required=True, metavar="JUDGE", help=f"{JUDGES}.")
@out_option
@click.option("--per-prompt", type=click.IntRange(2, 64), default=4, show_default=True, help="Answers to each prompt.")
@click.option("--temperature", type=click.FloatRange(0, min_open=True), default=1.0, show_default=True)
@click.option("--max-new-tokens", type=click.IntRange(1), default=256, show_default=True, help="Longest answer in tokens.")
@click.option("--batch-tokens", type=click.IntRange(1), default=8192, show_default=True, help="Tokens in memory at once.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--min-margin", type=click.FloatRange(0, 1), default=0.2, show_default=True, help="Smallest lead, 0 to 1.")
@click.option("--every-pair", is_flag=True, help="Keep every clear pair of a prompt, not only best against worst.")
@click.option("--judgements", metavar="FILE", help="Take a person's choices from rows of `item` and `choice`.")
@endpoint_options
@json_option
def samples(
    model: str,
    adapter: str,
    files: tuple[str, ...],
    judge: str,
    out: Path,
    per_prompt: int,
    temperature: float,
    max_new_tokens: int,
    batch_tokens: int,
    seed: int,
    min_margin: float,
    every_pair: bool,
    judgements: str | None,
    as_json: bool,
    **flags: Unpack[EndpointFlags],
) -> None:
    """Build pairs from a model's own answers to held-out prompts, best against worst in a judge's eyes.

    Answers and judgements are stored beside OUT as they come: the same command goes on where it was stopped.
    """
    be_quiet()
    from evals.model_source import inspect_model
    from evals.pairs.prompts import read_prompts
    from evals.pairs.ranking import Group, as_pairs, group_answers, rank
    from evals.pairs.samples import Settings, StoredSamples, draw
    from evals.pairs.writing import check_out, refused_path, work_path, write_rows
    from reports.jsonl import Jsonl

    kind, _, place = judge.partition(":")
    _check_judge(kind, place, judgements)
    check_out(out, [*files, *([judgements] if judgements else [])])
    counter = Counter()
    settings = Settings(model, adapter, per_prompt, temperature, max_new_tokens, batch_tokens, seed)
    read = read_prompts(files, inspect_model(model).has_chat_template).without_repeats()
    drawn = draw(settings, read, Jsonl(work_path(out, "samples"), StoredSamples), counter.tell)
    counter.close()
    found = [group_answers(one) for one in drawn.sampled]
    groups = [one for one in found if isinstance(one, Group)]
    if kind == "person":
        ranked = _by_person(groups, every_pair, seed, out, judgements)
    else:
        ranked = _by_reward(groups, place, counter) if kind == "reward" else _by_endpoint(groups, place, out, flags, counter)
    counter.close()
    results = [rank(*both, min_margin, every_pair) for both in zip(groups, ranked.compared, strict=True)]
    accepted = as_pairs(groups, results, drawn.label, ranked.rater)
    refused = [one for one in (*found, *results) if isinstance(one, RefusedSamples)]
    write_rows(out, accepted)
    write_rows(refused_path(out), [*read.refused, *refused])
    _tell(_summary(settings, read, drawn, ranked, Counts(len(accepted), len(refused), min_margin), out), as_json)


def _check_judge(kind: str, place: str, judgements: str | None) -> None:
    from evals.endpoint.place import parse_endpoint
    from evals.pairs.rewarding import judge_folder

    if kind not in ("reward", "endpoint", "person") or (kind == "person") == bool(place):
        raise click.UsageError(f"--judge {kind}{':' if place else ''}…: expected {JUDGES}.")
    if judgements and kind != "person":
        raise click.UsageError("--judgements: choices of a person; use it with --judge person.")
    if kind == "reward":
        judge_folder(place)
    if kind == "endpoint":
        parse_endpoint(place)


def _summary(
    settings: "Settings", read: "PromptRows", drawn: "Samples", ranked: Ranked, counts: Counts, out: Path
) -> SampledPairsSummary:
    from evals.pairs.writing import refused_path

    return SampledPairsSummary(
        sources=read.labels,
        model=drawn.label,
        rater=ranked.rater,
        rows=read.read,
        rows_refused=len(read.refused),
        prompts=len(read.rows),
        per_prompt=settings.per_prompt,
        temperature=settings.temperature,
        max_new_tokens=drawn.new_tokens,
        seed=settings.seed,
        min_margin=counts.min_margin,
        sampled=drawn.drawn,
        accepted=counts.accepted,
        refused=counts.refused,
        consistency=ranked.consistency,
        notes=(*drawn.notes, *_doubts(ranked)),
        use=ranked.use,
        out=str(out),
        refused_out=str(refused_path(out)),
    )


def _doubts(ranked: Ranked) -> list[str]:
    errors = [one.error for one in ranked.compared if one.error]
    return [f"{len(errors)} of {len(ranked.compared)} prompts were not judged in full, the first: {errors[0]}"] if errors else []


def _by_reward(groups: "Sequence[Group]", folder: str, counter: Counter) -> Ranked:
    from evals.pairs.rewarding import compare_by_reward

    return Ranked(compare_by_reward(groups, folder, counter.tell), f"reward:{_short_name(folder)}")


def _short_name(folder: str) -> str:
    """Return the last two parts of a path that say something: a run's judge is named by its run."""
    parts = [part for part in Path(folder).expanduser().resolve().parts if part not in ("evals", "judge", "adapter", "model")]
    return parts[-1]


def _by_endpoint(groups: "Sequence[Group]", place: str, out: Path, flags: EndpointFlags, counter: Counter) -> Ranked:
    from evals.pairs.comparing import compare_by_endpoint

    client = open_client(place, out, flags)
    judged = compare_by_endpoint(groups, client, counter.tell)
    return Ranked(judged.compared, f"endpoint:{client.endpoint.label}", judged.consistency, client.use())


def _by_person(groups: "Sequence[Group]", every: bool, seed: int, out: Path, judgements: str | None) -> Ranked:
    from evals.pairs.choosing import Choosing, StoredChoice, read_choices, write_open_items
    from evals.pairs.writing import work_path
    from reports.jsonl import Jsonl

    choosing = Choosing(groups, every, seed, Jsonl(work_path(out, "choices"), StoredChoice))
    if judgements is not None:
        read_choices(choosing, judgements)
    elif choosing.next_item() is not None and not (sys.stdin.isatty() and sys.stderr.isatty()):
        path = work_path(out, "to-judge")
        number = write_open_items(choosing, path)
        raise UsageError(
            f"Choosing needs a terminal. Elsewhere judge the {number} comparisons in {path}, "
            "and give --judgements FILE with `item` and `choice` (a, b, tie or skip)."
        )
    else:
        _ask(choosing)
    return Ranked(choosing.compared(), "person")


def _ask(choosing: "Choosing") -> None:
    """Ask for the comparisons that are left, and store each key press at once."""
    from evals.pairs.choosing import WORDS

    while (item := choosing.next_item()) is not None:
        _show(item, len(choosing.choices) + 1, len(choosing.items))
        key = click.getchar().lower()
        click.echo(key if key.isprintable() else "", err=True)
        if key == "q":
            return
        if key == "u":
            choosing.undo()
        elif key in WORDS:
            choosing.choose(item, WORDS[key])


def _show(item: "Item", place: int, total: int) -> None:
    click.echo(f"\n── {place} of {total} " + "─" * 50, err=True)
    for name, text in (("Prompt", item.shown.prompt), ("A", item.shown.a.strip()), ("B", item.shown.b.strip())):
        click.echo(f"{name}: {visible(text)}\n", err=True)
    click.echo(f"{HELP} > ", nl=False, err=True)


def _tell(summary: SampledPairsSummary, as_json: bool) -> None:
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(summary), indent=2).decode())
        return
    click.echo(f"{summary.accepted:,} pairs from {summary.prompts:,} prompts, judged by {summary.rater}: {summary.out}")
    click.echo(
        f"  answers: {summary.per_prompt} to each prompt by {summary.model} at temperature {summary.temperature:g}; "
        f"{summary.sampled:,} drawn now"
    )
    click.echo(
        f"  refused: {summary.refused:,} prompts and {summary.rows_refused:,} of {summary.rows:,} rows: {summary.refused_out}"
    )
    if summary.consistency is not None:
        click.echo(consistency_line(summary.consistency))
    if summary.use is not None:
        click.echo(use_line(summary.use))
    for note in summary.notes:
        click.echo(f"note: {note}", err=True)


def consistency_line(found: Estimate) -> str:
    """Say how often the judge keeps its verdict when the answers change places."""
    limits = f"{found.low:.0%} to {found.high:.0%}"
    return f"  judge: the same verdict in both orders in {found.value:.0%} ({limits}) of {found.n:,} duels"
