"""`tunegate pairs`: build preference pairs from evidence."""

import click

from selector.commands.pairs_ab import ab
from selector.commands.pairs_critique import critique
from selector.commands.pairs_degrade import degrade
from selector.commands.pairs_raters import raters
from selector.commands.pairs_samples import samples


@click.group()
def command() -> None:
    """Build preference pairs from evidence.

    Each pair keeps where it comes from and how clear it is; what is refused is written beside the pairs, with the reason.
    """


command.add_command(ab)
command.add_command(raters)
command.add_command(degrade)
command.add_command(samples)
command.add_command(critique)
