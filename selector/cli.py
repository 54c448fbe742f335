"""The `tunegate` command: finds the subcommand, and turns errors into a paragraph and an exit code."""

import importlib
import json
import sys
from collections.abc import Sequence
from typing import Final

import click

from reports.errors import EXIT_INTERRUPTED, TunegateError
from selector.siblings import check_siblings

COMMANDS: Final = {
    "demo": "Run the whole job on the embedded model and data.",
    "probe": "Measure the untouched model on the data before deciding.",
    "rewards": "Try rewards on sampled answers before training on them.",
    "recommend": "Recommend a fine-tuning method for the facts given.",
    "check": "Check training data without a run.",
    "pairs": "Build preference pairs from clicks, votes or damaged answers.",
    "label": "Read answers for refusal, toxicity or personal data.",
    "audit": "Judge a random sample of rows at the keyboard.",
    "estimate": "Estimate memory, time and cost of training.",
    "preflight": "Look at a plan's training without training.",
    "run": "Train, measure, decide and report; or continue a run.",
    "eval": "Measure two models behind endpoints and decide gates.",
    "power": "Plan how many prompts the gates need, alone and together.",
    "gate": "Decide the gates of a run again, or of completions made anywhere.",
    "win-rate": "Compute a win rate from judgements made anywhere.",
    "watch": "Follow a run from its files.",
    "stop": "Ask a run to save a checkpoint and stop.",
    "export": "Write the trained model where others can load it, merged or not.",
    "report": "Write a run's report again, for people, CI, a pull request or the Hub.",
    "compare": "Show what changed between runs and how their candidates differ.",
    "review": "Compare both answers blind, without knowing whose they are.",
    "sign": "Sign a run's evidence, or see who has.",
    "runs": "List the runs.",
    "doctor": "Check this installation and this machine.",
}


class LazyGroup(click.Group):
    """Loads a subcommand's module only when that subcommand is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"selector.commands.{cmd_name.replace('-', '_')}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tunegate")
@click.option("--serve", is_flag=True, help="Show the app in a browser of this machine; needs tunegate[web].")
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="Port of --serve.")
@click.pass_context
def tunegate(context: click.Context, serve: bool, port: int) -> None:
    """Decide how to fine-tune a language model, do it, and prove whether the result may ship.

    Without a command, the app opens on a terminal.
    """
    if context.invoked_subcommand is not None:
        return
    if serve:
        from selector.commands.app import serve_app

        serve_app(port)
    elif sys.stdin.isatty() and sys.stdout.isatty():
        from selector.commands.app import open_app

        open_app()
    else:
        click.echo(context.get_help())


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with the codes that are an API."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        check_siblings()
        sys.exit(tunegate.main(args=words, prog_name="tunegate", standalone_mode=False) or 0)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        _fail(words, "usage", error.format_message(), error.exit_code)
    except TunegateError as error:
        _fail(words, error.code, str(error), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        _fail(words, "interrupted", "Interrupted.", EXIT_INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _fail(words: Sequence[str], code: str, message: str, exit_code: int) -> None:
    if "--json" in words:
        click.echo(json.dumps({"error": {"code": code, "message": message, "exit_code": exit_code}}))
    click.echo(f"tunegate: {message}", err=True)
    sys.exit(exit_code)
