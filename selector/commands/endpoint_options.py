"""Options of every command that asks an endpoint, and how its work and cost are shown."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict, TypeVar

import click

from reports.records.pairs import EndpointUse

if TYPE_CHECKING:
    from evals.endpoint.client import Client
    from evals.endpoint.place import Endpoint

F = TypeVar("F", bound=Callable[..., Any])


class LimitFlags(TypedDict):
    """What bounds the work and cost of an endpoint."""

    max_requests: int | None
    max_tokens: int | None
    max_cost: float | None
    price_in: float | None
    price_out: float | None
    at_once: int
    timeout: float


class EndpointFlags(LimitFlags):
    """The values of the options."""

    api_key_env: str


KEY: Final = click.option("--api-key-env", default="", metavar="NAME", help="Environment variable that holds the endpoint's key.")
LIMITS: Final = (
    click.option("--max-requests", type=click.IntRange(0), help="Stop after so many requests to the endpoint."),
    click.option("--max-tokens", type=click.IntRange(0), help="Stop after so many tokens of the endpoint."),
    click.option("--max-cost", type=click.FloatRange(0), help="Stop at this cost; needs prices."),
    click.option("--price-in", type=click.FloatRange(0), help="Price of a million prompt tokens."),
    click.option("--price-out", type=click.FloatRange(0), help="Price of a million completion tokens."),
    click.option("--at-once", type=click.IntRange(1), default=16, show_default=True, help="Most requests at once."),
    click.option(
        "--timeout", type=click.FloatRange(0, min_open=True), default=120.0, show_default=True, help="Seconds for one reply."
    ),
)


def endpoint_options(command: F) -> F:
    """Add the options of an endpoint to a command."""
    return KEY(limit_options(command))


def limit_options(command: F) -> F:
    """Add what bounds the work and cost of every endpoint of a command."""
    for option in reversed(LIMITS):
        command = option(command)
    return command


def open_client(text: str, out: Path, flags: EndpointFlags) -> "Client":
    """Return a client for `URL#MODEL` whose replies are kept beside `out`; UsageError where the text is no endpoint."""
    from evals.endpoint.place import parse_endpoint
    from evals.pairs.writing import work_path

    return client_of(parse_endpoint(text, flags["api_key_env"]), work_path(out, "replies"), flags)


def client_of(endpoint: "Endpoint", replies: Path, flags: LimitFlags) -> "Client":
    """Return a client whose replies are kept in a file; UsageError for a limit that needs prices and has none."""
    from evals.endpoint.budget import Budget
    from evals.endpoint.cache import ReplyCache
    from evals.endpoint.client import Client, Limits

    if flags["max_cost"] is not None and flags["price_in"] is None and flags["price_out"] is None:
        raise click.UsageError("--max-cost: needs --price-in and --price-out, per million tokens.")
    budget = Budget(flags["max_requests"], flags["max_tokens"], flags["max_cost"], flags["price_in"], flags["price_out"])
    limits = Limits(at_once=flags["at_once"], timeout_s=flags["timeout"])
    return Client(endpoint, ReplyCache(replies), budget, limits)


def use_line(use: EndpointUse) -> str:
    """Say what an endpoint was asked and what it cost."""
    about = "about " if use.tokens_estimated else ""
    cost = f"{use.cost:.4g} at the given prices" if use.cost is not None else "unknown without --price-in and --price-out"
    return (
        f"  endpoint: {use.requests:,} requests, {use.cached:,} replies from before, {use.missing:,} missing; "
        f"{about}{use.prompt_tokens:,} + {use.completion_tokens:,} tokens; cost {cost}"
    )


class Counter:
    """Shows on stderr how far the work is: in place on a terminal, else a line for each thing that is begun."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._title = ""

    def tell(self, title: str, done: int, total: int) -> None:
        """Show it."""
        if self._is_terminal:
            click.echo(f"\r\x1b[K  {title} {done:,} of {total:,}", nl=False, err=True)
        elif title != self._title:
            click.echo(f"pairs: {title}, {total:,}", err=True)
        self._title = title

    def close(self) -> None:
        """Leave a clean line behind."""
        if self._is_terminal and self._title:
            click.echo("\r\x1b[K", nl=False, err=True)
