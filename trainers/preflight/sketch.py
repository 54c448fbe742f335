"""A run directory that stands in for another: its data and finished weights by link, everything written apart."""

from itertools import islice
from pathlib import Path

from reports.records.plan import Plan
from reports.rundir import RunDir


def sketch_run(run: RunDir, plan: Plan, folder: Path) -> RunDir:
    """Make a run directory in the new folder that reads the data and the finished weights of `run` and changes neither."""
    folder.mkdir(parents=True)
    sketch = RunDir(folder)
    sketch.write(plan)
    if (run.path / "data").is_dir():
        (folder / "data").symlink_to((run.path / "data").resolve())
    for stage in (*plan.stages, *((plan.judge,) if plan.judge else ())):
        if run.adapter(stage.name).is_dir():
            sketch.stage(stage.name).mkdir(parents=True)
            sketch.adapter(stage.name).symlink_to(run.adapter(stage.name).resolve())
    return sketch


def keep_first_rows(sketch: RunDir, split: str, rows: int) -> None:
    """Give the sketch the first rows of one split only, and no other split."""
    with sketch.split(split).open("rb") as file:
        kept = b"".join(islice(file, rows))
    (sketch.path / "data").unlink()
    sketch.split(split).parent.mkdir()
    sketch.split(split).write_bytes(kept)
