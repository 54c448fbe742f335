"""`tunegate estimate`: memory, time and cost of training, before anything is trained."""

import math
import sys
from typing import Any

import click

from reports.errors import UsageError
from selector.commands.estimate_options import architecture_options, read_model, read_setups, setup_options
from selector.commands.options import json_option


@click.command()
@architecture_options
@setup_options
@click.option("--data", metavar="FILE", help="Use the lengths of these rows (characters / 4).")
@click.option("--gpu", help="GPU by name, for its memory and speed, for example A100-80.")
@click.option("--gpu-memory-gib", type=float, help="Memory of a GPU instead of --gpu.")
@click.option("--steps", type=int, help="Steps of the run.  [default: one pass over --data]")
@click.option(
    "--measured-step", type=float, metavar="SECONDS", help="Time of one step on the longest rows, instead of the table's."
)
@click.option("--price", type=float, help="Price of one GPU for an hour.")
@json_option
def command(as_json: bool, **given: Any) -> None:
    """Estimate memory, time and cost of training, with intervals.

    The model is a folder or hub name (--model), or its bare sizes (--layers, --hidden, --heads, --intermediate, --vocab).
    """
    from selector.commands.estimate_text import as_document, as_text
    from trainers.devices import find_device
    from trainers.row_lengths import measure_lengths
    from trainers.sizing import size_up

    rows = measure_lengths(given["data"]) if given["data"] else None
    shape = read_model(given)
    setups = read_setups(given, rows.lengths if rows else None)
    steps = given["steps"]
    if steps is None and rows:
        setup = setups[0]
        steps = math.ceil(rows.rows / (setup.batch * setup.accumulation * max(1, setup.gpus)))
    if given["price"] is not None and steps is None:
        raise UsageError("--price: money needs a number of steps. Give --steps, or --data for one pass over it.")
    sized = size_up(
        shape,
        setups,
        device=find_device(given["gpu"]) if given["gpu"] else None,
        gpu_gib=given["gpu_memory_gib"],
        steps=steps,
        measured_s=given["measured_step"],
        price=given["price"],
    )
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(as_document(sized)), indent=2).decode() + "\n")
    else:
        click.echo(as_text(sized))
    for note in sized.notes:
        click.echo(f"note: {note}", err=True)
