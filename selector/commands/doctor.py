"""`tunegate doctor`: is everything here that the work needs?"""

import click

from reports.errors import EXIT_MISSING
from selector.commands.options import json_option

SIGNS = {"ok": "✓ ok     ", "warn": "! warn   ", "missing": "✗ missing"}


@click.command()
@json_option
def command(as_json: bool) -> int:
    """Check Python, packages, name collisions, plugins, GPUs, memory and disk. Exit 3 when something is missing."""
    from selector.doctor import examine

    findings = examine()
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(findings).decode())
    else:
        for finding in findings:
            click.echo(f"{SIGNS[finding.state]}  {finding.name:<22} {finding.seen}")
            if finding.fix:
                click.echo(f"{'':<35}fix: {finding.fix}")
    return EXIT_MISSING if any(finding.state == "missing" for finding in findings) else 0
