"""The whole job by keyboard in a real terminal: from `tunegate` to a signed report on a team's own data.

Run with `python -m tests.walk.tmux [--size 80x24] [--out FOLDER]`; needs tmux, and minutes of training on the built-in model.
Every screen is captured as text into the folder, to be looked at. The walk waits for texts; the first that does not come
ends it with the screen as it was, and exit code 1.
"""

import argparse
import csv
import json
import random
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from reports.errors import TunegateError
from selector.pipeline import demo_inputs
from tests.walk.terminal import NotShownError, Terminal

PAIRS: Final = 320
ROWS: Final = "shop replies.csv"
APP: Final = str(Path(sys.executable).with_name("tunegate"))
JOB_S: Final = 1800.0
"""How long training and measuring may take on a busy machine."""
STEPS: Final = (
    ("alignment", "What should change", ("Right",), "● style or brand voice"),
    ("safety", "Who reads", ("Right", "Right"), "● customers or the public"),
    ("compute", "How many GPU", (), "How many GPU"),
)
"""By axis a question of it, keys that answer its first one, and what shows then."""
RATED: Final = ("a", "b", "t", "x")


def write_rows(pairs: Path, path: Path) -> None:
    """Write pairs of the demo as a team's own table, in columns of their own."""
    rows = [json.loads(line) for line in pairs.read_text("utf-8").splitlines()]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("question", "chosen", "rejected"))
        for row in random.Random(4).sample(rows, PAIRS):
            table.writerow(row[name][0]["content"] for name in ("prompt", "chosen", "rejected"))


class Walk:
    """One walk: a folder of the team, a folder of captures, and the terminal in between."""

    def __init__(self, size: tuple[int, int], out: Path, home: Path) -> None:
        self._size, self._out, self._home = size, out, home
        self._captures = 0

    @contextmanager
    def terminal(self, *words: str) -> Iterator[Terminal]:
        """Open the program in the team's folder; it ends with the block."""
        surroundings = {"TUNEGATE_CONFIG": str(self._home / "config"), "HF_HUB_OFFLINE": "1", "USER": "ada"}
        terminal = Terminal((APP, *words), *self._size, surroundings, str(self._home))
        try:
            yield terminal
        finally:
            terminal.close()

    def keep(self, name: str, screen: str) -> None:
        """Write a screen into the folder of captures."""
        self._captures += 1
        path = self._out / f"{self._captures:02}-{name}.txt"
        path.write_text(screen, "utf-8")
        print(path)

    def decide(self, app: Terminal) -> None:
        """From home through the scorecard to the advice."""
        self.keep("home", app.wait_for("There are no runs here yet", seconds=60))
        app.press("n")
        self.keep("scorecard", app.wait_for("Which data do you have?", "JSONL, CSV or Parquet"))
        app.type(ROWS)
        app.press("Enter")
        app.wait_for("A local folder or a hub name")
        app.type("model")
        app.press("Enter")
        self.keep("scorecard-data", app.wait_for(f"measured: {PAIRS} pairs", seconds=120))
        for step, question, keys, shown in STEPS:
            app.press("C-n")
            app.wait_for(question)
            app.press(*keys)
            self.keep(f"scorecard-{step}", app.wait_for(shown))
        app.press("C-n")
        self.keep("recommendation", app.wait_for("Recommendation", "Chance to be best", "p Plan"))
        for tab in ("axes", "why-not", "flips", "phases"):
            app.press("Right")
            self.keep(f"recommendation-{tab}", app.wait_for("Recommendation"))
        app.press("Right")
        app.wait_for("Chance to be best")

    def check(self, app: Terminal) -> None:
        """From the advice to the plan, and from there to the checks of its data and back."""
        app.press("p")
        self.keep("plan", app.wait_for("as proposed", "c Check data", seconds=60))
        app.press("c")
        self.keep("data", app.wait_for("Which data?", "shop replies.csv"))
        app.press("C-n")
        self.keep("checks", app.wait_for("Data checks", seconds=300))
        app.press("s")
        self.keep("audit", app.wait_for("Spot audit", "Chosen"))
        app.press("Escape")
        app.wait_for("Data checks")
        app.press("Escape")
        app.wait_for("Which data?")
        app.press("Escape")
        app.wait_for("as proposed")

    def start(self, app: Terminal) -> None:
        """Start the run, watch it, and leave the app."""
        app.press("r")
        self.keep("live", app.wait_for("s Stop", "running", seconds=120))
        self.keep("live-training", app.wait_for("Loss", seconds=JOB_S))
        app.press("Escape")
        self.keep("home-running", app.wait_for("d Demo", "running"))
        app.press("q")

    def decided(self, app: Terminal) -> None:
        """Come back to the run, wait for its end, and look at its gates."""
        self.keep("live-finished", app.wait_for("Finished in", "o Report", seconds=JOB_S))
        app.press("g")
        self.keep("gates", app.wait_for("Demands", "s Sign"))
        app.press("Enter")
        self.keep("gate", app.wait_for("1 of "))
        app.press("Escape")
        app.wait_for("r Review")

    def judge(self, app: Terminal, rated: int) -> None:
        """Rate some prompts blind, skip one, and leave."""
        app.press("r")
        self.keep("review", app.wait_for("Answer A", "0 of "))
        for seen in range(1, rated + 1):
            app.press(RATED[seen % len(RATED)])
            app.wait_for(f"{seen} of ")
        app.press("s")
        self.keep("review-skip", app.wait_for("Why can you not tell?", "Answer A"))
        app.type("not my subject")
        app.press("Enter")
        app.wait_for(f"{rated + 1} of ")
        app.press("q")
        self.keep("review-left", app.wait_for("r Review", "stored;"))

    def sign(self, app: Terminal) -> None:
        """Sign in every role that must, and ask for the report."""
        app.press("s")
        self.keep("sign", app.wait_for("As whom do you sign?", "owner: unsigned"))
        for role in ("owner", "human side-by-side"):
            app.press("Right")
            app.wait_for("● approve")
            app.press("Down")
            app.wait_for("Conditions of an approval")
            app.type("a person reads every tenth answer")
            app.press("C-n")
            self.keep(f"signed-{role}", app.wait_for(f"✓ {role}: approved", "Signed.", seconds=120))
        app.press("C-o")
        self.keep("report", app.wait_for("Report", "Copy path"))


def walk(size: tuple[int, int], out: Path, rated: int) -> None:
    """Do the whole job once."""
    out.mkdir(parents=True, exist_ok=True)
    demo = demo_inputs(lambda title, done, total: None)
    with tempfile.TemporaryDirectory(prefix="tunegate-walk-") as folder:
        home = Path(folder)
        write_rows(demo.pairs, home / ROWS)
        (home / "model").symlink_to(demo.model)
        one = Walk(size, out, home)
        with one.terminal() as app:
            one.decide(app)
            one.check(app)
            one.start(app)
        with one.terminal("watch", "latest") as app:
            one.decided(app)
            one.judge(app, rated)
            one.sign(app)


def main() -> int:
    """Walk as the words of the command line say."""
    parser = argparse.ArgumentParser(description="Walk through the whole job by keyboard.")
    parser.add_argument("--size", default="80x24", help="columns x lines of the terminal")
    parser.add_argument("--out", type=Path, default=Path("walk"), help="folder of the captures")
    parser.add_argument("--rated", type=int, default=6, help="prompts to rate blind")
    given = parser.parse_args()
    columns, _, lines = given.size.partition("x")
    try:
        walk((int(columns), int(lines)), given.out, given.rated)
    except (NotShownError, TunegateError) as error:
        print(f"{shlex.join(sys.argv[1:])}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
