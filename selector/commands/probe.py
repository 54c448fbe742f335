"""`tunegate probe`: measure the untouched model on the data before deciding anything."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from reports.errors import UsageError
from reports.records.intake import Fact
from reports.records.probe import Probe, ProbeRequest
from reports.records.run import Progress
from selector.commands.options import json_option
from selector.probe_text import as_text


@click.command()
@click.option("--model", required=True, help="Base model: local folder or hub name.")
@click.option("--data", "sources", multiple=True, required=True, metavar="FILE", help="Data set; may be repeated.")
@click.option(
    "--reward", default="", metavar="REWARD", help="MODULE:FUNCTION as TRL's GRPO trainer calls it, or KIND:OPTION=VALUE;…"
)
@click.option("--regex", default="", metavar="PATTERN", help="An answer is right where this pattern is found in it.")
@click.option("--exact", default="", metavar="COLUMN", help="An answer is right where it equals this column of the data.")
@click.option("--pass-at", type=float, default=0.5, show_default=True, help="Smallest reward that counts as right.")
@click.option("--samples", type=click.IntRange(2, 64), default=8, show_default=True, help="Answers to each prompt.")
@click.option("--prompts", type=click.IntRange(5), default=64, show_default=True, help="Prompts to answer; pairs scored: 4 each.")
@click.option("--new-tokens", type=click.IntRange(1), default=128, show_default=True, help="Longest answer in tokens.")
@click.option("--batch-tokens", type=click.IntRange(1), default=8192, show_default=True, help="Tokens in memory at once.")
@click.option("--style-prompt", default="", metavar="TEXT", help="Instruction to try in front of each prompt.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Also write the result here, for `tunegate recommend`."
)
@json_option
def command(
    model: str,
    sources: tuple[str, ...],
    reward: str,
    regex: str,
    exact: str,
    pass_at: float,
    samples: int,
    prompts: int,
    new_tokens: int,
    batch_tokens: int,
    style_prompt: str,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> None:
    """Measure the untouched model on the data.

    How often sampled answers pass your checker and whether their rewards differ, whether the model already prefers the
    chosen answers, how much the good ones surprise it, and what a prompt alone gets. Takes minutes, and trains nothing.
    """
    request = ProbeRequest(
        model=model,
        sources=sources,
        reward=reward,
        regex=regex,
        exact=exact,
        pass_at=pass_at,
        samples=samples,
        prompts=prompts,
        new_tokens=new_tokens,
        batch_tokens=batch_tokens,
        style_prompt=style_prompt,
        seed=seed,
        folder=str(Path.cwd()),
    )
    found = measure(request)
    if out is not None:
        from reports.rundir import write_document

        write_document(out, found)
        click.echo(f"note: written to {out}; `tunegate recommend {out}` decides on it.", err=True)
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n")
    else:
        click.echo(as_text(found))


def probed_facts(sources: Sequence[str], model: str | None, layout: str | None = None) -> dict[str, Fact]:
    """Probe with the default settings and no checker, and tell on stderr what was found."""
    if not sources or model is None:
        raise UsageError("--probe: the model is measured on the data, so --model NAME and --data FILE are both needed.")
    found = measure(ProbeRequest(model=model, sources=tuple(sources), layout=layout or ""))
    click.echo(as_text(found), err=True)
    return found.facts


def measure(request: ProbeRequest) -> Probe:
    """Probe with a progress bar on stderr."""
    from selector.probes import probe

    bar = Bar(sys.stderr.isatty())
    try:
        return probe(request, bar.show)
    finally:
        bar.close()


class Bar:
    """The progress of a probe: a bar on a terminal, else one line for each thing that is measured."""

    def __init__(self, is_terminal: bool) -> None:
        self._is_terminal = is_terminal
        self._title = ""

    def show(self, progress: Progress) -> None:
        """Draw how far it is."""
        if self._is_terminal:
            share = progress.done / progress.total if progress.total else 0.0
            filled = int(share * 24)
            of_all = f"{progress.done}/{progress.total} {progress.unit}" if progress.total else ""
            click.echo(f"\r\x1b[K  {progress.title:<28.28} {'━' * filled}{'─' * (24 - filled)} {of_all}", nl=False, err=True)
        elif progress.title != self._title:
            click.echo(f"probe: {progress.title}", err=True)
        self._title = progress.title

    def close(self) -> None:
        """Leave a clean line behind."""
        if self._is_terminal and self._title:
            click.echo("\r\x1b[K", nl=False, err=True)
