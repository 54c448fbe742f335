"""A process killed at any moment leaves readable documents and logs."""

import random
import signal
import subprocess
import sys
from pathlib import Path

from reports.records.intake import Intake
from reports.records.run import RunRecord
from reports.rundir import RunDir
from tests.reports.sample_run import build_sample_run

KILLS = 20
WRITER = """
import sys
from pathlib import Path
from reports.records.intake import Fact, Intake
from reports.rundir import RunDir

run = RunDir(Path(sys.argv[1]))
count = int(sys.argv[2])
size = lambda: count * 997 % 50_000
steps = [
    lambda: run.write(Intake(facts={"count": Fact(name="count", value=count, origin="probed", because="x" * size())})),
    lambda: run.update(seed=count),
    lambda: run.log_event("note", "y" * size(), count=count),
]
while True:
    count += 1
    for turn in range(3):
        steps[(count + turn) % 3]()
    print(count, flush=True)
"""


def test_a_process_killed_at_any_moment_leaves_a_readable_run(tmp_path: Path) -> None:
    run = build_sample_run(tmp_path, upto="plan")
    draw = random.Random(1)
    last = 0
    for _ in range(KILLS):
        last = write_until_killed(run.path, last, rounds=draw.randrange(1, 9))

        assert RunDir.open(run.path).read(Intake).facts["count"].value in (last, last + 1)
        assert run.read(RunRecord).seed in (last, last + 1)
        assert_events_whole(run, last)


def write_until_killed(path: Path, start: int, rounds: int) -> int:
    """Run the writer, kill it somewhere after `rounds` rounds, and return the last round it finished."""
    child = subprocess.Popen([sys.executable, "-P", "-c", WRITER, str(path), str(start)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    with child.stdout as said:
        finished = [int(said.readline()) for _ in range(rounds)]
        child.send_signal(signal.SIGKILL)
        finished += [int(line) for line in said]
    assert child.wait() == -signal.SIGKILL
    return finished[-1]


def assert_events_whole(run: RunDir, last: int) -> None:
    """Check that the event of every finished round is there, in order, with its whole message."""
    found = run.events.tail(0)
    counted = [(int(event.data["count"] or 0), event.message) for event in found.records if "count" in event.data]
    counts = [count for count, _ in counted]

    assert counts == sorted(counts)
    assert set(range(1, last + 1)) <= set(counts)
    assert all(len(message) == count * 997 % 50_000 for count, message in counted)
    assert found.damaged <= KILLS
