"""Options of every command that lets somebody judge."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from reports.records.plan import JudgePlan

F = TypeVar("F", bound=Callable[..., Any])

HELP: Final = "Who compares answers: reward-model, rubric:FILE, local:FOLDER, endpoint:URL#MODEL, people:FILE or plugin:NAME."
OPTIONS: Final = (
    click.option("--gold", default="", metavar="FILE", help="Rows of prompt, a, b, better that this judge is tried on."),
    click.option(
        "--judge-key-env", default="", metavar="NAME", help="Environment variable with the key of the judge's endpoint."
    ),
    click.option("--judge-max-requests", type=click.IntRange(0), help="Ask the judge's endpoint at most so often."),
)


def judge_options(default: str, shown: str) -> Callable[[F], F]:
    """Add the options of a judge to a command; `shown` is the default in words."""

    def added(command: F) -> F:
        for option in reversed(OPTIONS):
            command = option(command)
        return click.option("--judge", default=default, metavar="JUDGE", help=f"{HELP}  [default: {shown}]")(command)

    return added


def read_judge(text: str, gold: str = "", key_env: str = "", max_requests: int | None = None) -> JudgePlan | None:
    """Return the judge of the command line; None for nobody, and for the reward model that a run trains.

    Raises:
        UsageError, DataError, MissingError: it cannot be used.
    """
    if not text or (text == "reward-model" and not gold):
        return None
    from evals.judges.choosing import Limits, parse_judge

    return parse_judge(text, gold, Limits(api_key_env=key_env, max_requests=max_requests))
