"""`tunegate power`: how many prompts the gates of a policy need, alone and together."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reports.errors import UsageError
from reports.records.statistics import GatePower, PowerPlan
from reports.wording import number
from selector.commands.options import json_option, parse_assignments

if TYPE_CHECKING:
    from reports.records.plan import GatePlan

SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command()
@click.option(
    "--safety-class",
    type=click.Choice(["low", "moderate", "high"]),
    default="moderate",
    show_default=True,
    help="Policy whose gates are planned for.",
)
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False), help="Policy file instead of --safety-class.")
@click.option("--no-pairs", is_flag=True, help="Plan without preference pairs: the loss instead of the win rate.")
@click.option("--rewards", is_flag=True, help="Plan for a candidate trained on rewards.")
@click.option("--prompts", multiple=True, metavar="N", help="Prompts of each gate, or GATE=N; may be repeated.  [default: 120]")
@click.option("--power", type=SHARE, default=0.8, show_default=True, help="Chance to pass a good candidate, each gate.")
@click.option("--joint", type=SHARE, default=0.8, show_default=True, help="Chance to pass a good candidate, all gates.")
@click.option(
    "--correlation",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Between any two gates; 0 where each has prompts of its own.",
)
@click.option("--win-rate", type=SHARE, default=0.6, show_default=True, help="True win rate of the good candidate.")
@click.option(
    "--changed",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.02,
    show_default=True,
    help="Share of its prompts whose yes or no changes, half for the better.",
)
@click.option(
    "--spread",
    type=click.FloatRange(0, min_open=True),
    default=0.3,
    show_default=True,
    help="Standard deviation by prompt of its change in means, in the metric's unit.",
)
@click.option("--gain", type=float, default=0.1, show_default=True, help="Its true gain where a gate asks for one.")
@click.option("--rate", type=click.FloatRange(0, 1), default=0.0, show_default=True, help="Its true rate under a limit.")
@json_option
def command(as_json: bool, prompts: tuple[str, ...], power: float, joint: float, correlation: float, **given: Any) -> None:
    """Plan how many prompts the gates of a policy need.

    A good candidate must pass every required gate, so the power of all gates together is what counts: eight gates at 80 % each
    pass a good candidate in 17 of 100 cases. Prompts count where they are independent; prompts of one family count once.
    A `corrected` gate of a policy is planned with the errors of its detector on labelled answers.
    """
    from evals.gates.detector import known_errors
    from evals.stats.planning import Asked, GoodCandidate, plan_prompts

    of_all, of_gates = _prompts(prompts)
    name, gates = _policy(given)
    good = GoodCandidate(given["win_rate"], given["changed"], given["spread"], given["gain"], given["rate"])
    found = plan_prompts(name, gates, good, Asked(power, joint, correlation, of_all, of_gates), known_errors(gates))
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        click.echo(as_text(found))


def as_text(plan: PowerPlan) -> str:
    """Return a table of the gates and what they come to together."""
    rows = [_HEAD, *(_line(gate) for gate in plan.gates)]
    count, each = len(plan.gates), number(plan.power, "rate")
    linked = "independent" if plan.correlation == 0 else f"correlated {plan.correlation:g}"
    return "\n".join(
        [
            f"Policy {plan.policy}: {count} required gates, taken as {linked}",
            "",
            *rows,
            "",
            f"With these prompts a good candidate passes all {count} gates in {number(plan.joint_power, 'rate')} of cases.",
            f"Gates at {each} each would pass it in {number(plan.joint_if_each, 'rate')};"
            f" {number(plan.joint, 'rate')} for all takes {number(plan.power_for_each, 'rate')} each (last column).",
            "",
            "A good candidate, as planned for:",
            *(f"  {gate.name:<16} {gate.assumes}" for gate in plan.gates),
        ]
    )


_HEAD = f"{'gate':<16} {'margin':>9}  {'prompts':>7} {'power':>7}  {'they show':<22} {'needs alone':>11} {'needs together':>14}"


def _line(gate: GatePower) -> str:
    unit = "" if gate.quantity == "means" else "rate"
    return (
        f"{gate.name:<16.16} {number(gate.margin, unit):>9}  {gate.prompts:>7} {number(gate.power, 'rate'):>7}  "
        f"{_shown(gate, unit):<22} {_needed(gate.needed):>11} {_needed(gate.needed_together):>14}"
    )


def _shown(gate: GatePower, unit: str) -> str:
    if gate.smallest is None:
        return "nothing"
    size = number(gate.smallest, unit)
    points = f"{100 * gate.smallest:.1f} points" if unit else size
    if gate.quantity == "win rate":
        return f"a win rate of {size}"
    words = {"superiority": f"a gain of {points}", "limit": f"a rate up to {size}"}
    return words.get(gate.kind, f"no loss above {points}")


def _needed(prompts: int | None) -> str:
    return "over 5,000" if prompts is None else f"{prompts:,}"


def _policy(given: dict[str, Any]) -> "tuple[str, Sequence[GatePlan]]":
    from evals.gates.policy import default_gates, load_policy

    path = given["policy"]
    if path is None:
        return given["safety_class"], default_gates(given["safety_class"], not given["no_pairs"], given["rewards"])
    if given["no_pairs"] or given["rewards"]:
        raise UsageError(f"--policy {path}: its gates are taken as written. Leave out --no-pairs and --rewards.")
    return path.stem, load_policy(path)


def _prompts(words: Sequence[str]) -> tuple[int, dict[str, int]]:
    of_all = [word for word in words if "=" not in word]
    if len(of_all) > 1:
        raise UsageError(f"--prompts {' and '.join(of_all)}: give one number for all gates, and GATE=N for single ones.")
    of_gates = parse_assignments([word for word in words if "=" in word], "--prompts")
    return _count(of_all[0]) if of_all else 120, {name: _count(value) for name, value in of_gates.items()}


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 5_000:
        raise UsageError(f"--prompts {text}: a number of prompts from 1 to 5000 is needed.")
    return int(text)
