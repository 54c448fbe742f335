"""`tunegate rewards`: try rewards on sampled answers before training on them."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reports.errors import EXIT_GO, EXIT_NO_GO, UsageError
from reports.records.plan import Acceptance
from selector.commands.options import accept_option, because_option, by_option, json_option, read_acceptances
from selector.commands.quiet import be_quiet

if TYPE_CHECKING:
    from reports.records.rewards import RewardCheck


@click.command()
@click.option("--data", "sources", multiple=True, metavar="FILE", help="Prompts to learn from; may be repeated.")
@click.option("--held-out", multiple=True, metavar="FILE", help="Prompts that are not trained on; may be repeated.")
@click.option("--model", help="Model that reinforcement starts from: local folder or hub name.")
@click.option("--adapter", type=click.Path(path_type=Path, exists=True), help="Trained adapter, or whole model, to start from.")
@click.option(
    "--reward", "given", multiple=True, metavar="REWARD", help="KIND:OPTION=VALUE;… or MODULE:FUNCTION; may be repeated."
)
@click.option("--eval-reward", "evaluation", multiple=True, metavar="REWARD", help="Reward to compare with, not trained on.")
@click.option("--prompts", type=click.IntRange(5), default=32, show_default=True, help="Prompts to answer.")
@click.option("--k", "samples", type=click.IntRange(2, 64), default=8, show_default=True, help="Answers to each prompt.")
@click.option("--pass-at", type=float, default=0.5, show_default=True, help="Smallest accuracy score that counts as right.")
@click.option("--new-tokens", type=click.IntRange(1), default=128, show_default=True, help="Longest answer in tokens.")
@click.option("--batch-tokens", type=click.IntRange(1), default=8192, show_default=True, help="Tokens in memory at once.")
@click.option("--seed", type=int, default=0, show_default=True)
@accept_option
@because_option
@by_option
@click.option("--kinds", is_flag=True, help="List the rewards of the library and their options.")
@json_option
def command(
    sources: tuple[str, ...],
    held_out: tuple[str, ...],
    model: str | None,
    adapter: Path | None,
    given: tuple[str, ...],
    evaluation: tuple[str, ...],
    prompts: int,
    samples: int,
    pass_at: float,
    new_tokens: int,
    batch_tokens: int,
    seed: int,
    accept: tuple[str, ...],
    because: str,
    by: str,
    kinds: bool,
    as_json: bool,
) -> int:
    """Try rewards on answers of the untrained model, and on answers that are known to be bad.

    Shows how often answers pass, whether rewards tell answers to one prompt apart, and whether an empty, repeated, copied,
    stuffed or off-topic answer gets as much as a good one. Exit codes: 0 nothing stands against the rewards, 1 something does,
    2 bad input, 3 something is missing.
    """
    if kinds:
        _list_kinds(as_json)
        return EXIT_GO
    missing = [name for name, value in (("--data", sources), ("--model", model), ("--reward", given)) if not value]
    if missing or model is None:
        raise UsageError(f"{' and '.join(missing)}: needed to try rewards. `tunegate rewards --kinds` lists them.")
    be_quiet()
    import msgspec

    from evals.data import acceptance
    from evals.model_source import inspect_model
    from evals.rewards.checking import Sampling, check_rewards
    from evals.rewards.library import build_rewards, parse_reward
    from evals.rewards.limits import Limits
    from evals.rewards.prompts import read_prompts

    accepted = _acceptances(accept, because, by)
    folder = str(Path.cwd())
    rewards, others = (build_rewards([parse_reward(text) for text in texts], folder) for texts in (given, evaluation))
    ref = inspect_model(model)
    found = check_rewards(
        ref,
        read_prompts(sources, seed, ref.has_chat_template).asked,
        rewards,
        Narration(),
        trained=adapter,
        held_out=read_prompts(held_out, seed, ref.has_chat_template).asked if held_out else (),
        evaluation=others,
        sampling=Sampling(prompts, samples, new_tokens, batch_tokens, seed),
        limits=Limits(pass_at=pass_at),
    )
    found = msgspec.structs.replace(found, checks=acceptance.accept(found.checks, accepted))
    _show(found, as_json)
    return EXIT_GO if found.passed else EXIT_NO_GO


class Narration:
    """Says on stderr what is being done, and on a terminal how far it is."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._total: int | None = None
        self._title = self._unit = ""

    def begin(self, stage: str, title: str, total: int | None, unit: str) -> None:
        """Name what begins."""
        self._title, self._total, self._unit = title, total, unit
        click.echo(f"{stage}: {title}", err=True)

    def advance(self, done: int) -> None:
        """Count on a terminal; the last one leaves a clean line behind."""
        if self._is_terminal:
            ends = done == self._total
            click.echo("\r\x1b[K" if ends else f"\r\x1b[K  {done}/{self._total} {self._unit}", nl=False, err=True)


def _acceptances(codes: Sequence[str], because: str, by: str) -> Sequence[Acceptance]:
    """Read what is accepted; a code of no check is refused before anything is sampled."""
    from evals.rewards import ruling

    unknown = next((code for code in codes if code not in ruling.codes()), None)
    if unknown is not None:
        raise UsageError(f"--accept {unknown}: no check has this code. Codes: {', '.join(ruling.codes())}.")
    return read_acceptances(codes, because, by)


def _show(found: "RewardCheck", as_json: bool) -> None:
    from selector.rewards_text import as_text

    if as_json:
        _write_json(found)
    else:
        click.echo(as_text(found))


def _list_kinds(as_json: bool) -> None:
    from evals.plugins.installed import installed
    from evals.rewards.library import KINDS
    from selector.rewards_text import kinds_as_text

    if as_json:
        _write_json(
            {
                "kinds": [
                    {
                        "name": kind.name,
                        "summary": kind.summary,
                        "component": kind.component,
                        "options": [option._asdict() for option in kind.options],
                    }
                    for kind in KINDS.values()
                ],
                "plugins": sorted(installed("reward")),
            }
        )
        return
    own = [(name, f"of the package {plugin.package}", ()) for name, plugin in installed("reward").items()]
    library = [
        (
            kind.name,
            f"{kind.component}: {kind.summary}",
            [(_default(one.name, one.default, one.required), one.meaning) for one in kind.options],
        )
        for kind in KINDS.values()
    ]
    click.echo(kinds_as_text([*library, *own]))


def _default(name: str, default: object, required: bool) -> str:
    shown = str(default).lower() if isinstance(default, bool) else default
    return f"{name}=…" if required or default is None else f"{name}={shown}"


def _write_json(document: object) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n")
