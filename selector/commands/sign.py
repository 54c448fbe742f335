"""`tunegate sign`: put a name under a run's evidence, or see who has."""

from pathlib import Path

import click

from reports.errors import EXIT_GO, EXIT_INCONCLUSIVE, EXIT_NO_GO, UsageError
from reports.signoffs import Signed, evidence_digest, is_signed, signed_roles
from selector.commands.options import find_run, json_option, run_argument, runs_option
from selector.signing import sign, told


@click.command()
@run_argument
@click.option("--role", help="As whom you sign, for example safety; without it, the signatures are listed.")
@click.option("--name", default="", envvar="USER", metavar="NAME", help="Who signs.  [default: $USER]")
@click.option("--reject", is_flag=True, help="Sign against the rollout.")
@click.option("--conditions", default="", metavar="TEXT", help="What must hold; needed to approve what the gates did not.")
@click.option("--expires", metavar="YYYY-MM-DD", help="Last day on which the signature counts.")
@runs_option
@json_option
@click.pass_context
def command(
    context: click.Context,
    run: str,
    role: str | None,
    name: str,
    reject: bool,
    conditions: str,
    expires: str | None,
    root: Path | None,
    as_json: bool,
) -> None:
    """Sign the evidence of RUN (plan, metrics and gates), and list who has signed.

    A signature is void as soon as the evidence changes. Exit codes: 0 all required roles approve, 1 somebody rejects,
    5 a required signature is missing, void or expired.
    """
    found = find_run(run, root)
    if role is not None:
        sign(found, role, name, "reject" if reject else "approve", conditions, expires or "")
    elif reject or conditions or expires:
        raise UsageError("--reject, --conditions and --expires belong to a signature. Say as whom you sign with --role ROLE.")
    evidence_digest(found)
    roles = signed_roles(found)
    if as_json:
        click.echo(_as_json(roles))
    else:
        click.echo("\n".join(told(one) for one in roles) or "The policy of this run asks for no signature, and nobody signed.")
    context.exit(_exit_code(roles))


def _exit_code(roles: tuple[Signed, ...]) -> int:
    if any(one.state == "rejected" for one in roles):
        return EXIT_NO_GO
    return EXIT_GO if is_signed(roles) else EXIT_INCONCLUSIVE


def _whole(one: Signed) -> dict[str, object]:
    """Return a signature with every key, those that were left empty, too."""
    from msgspec.structs import asdict

    return {**one._asdict(), "signoff": asdict(one.signoff) if one.signoff else None}


def _as_json(roles: tuple[Signed, ...]) -> str:
    import msgspec

    found = {"signed": is_signed(roles), "roles": [_whole(one) for one in roles]}
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
