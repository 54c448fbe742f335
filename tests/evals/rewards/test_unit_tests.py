"""Code that nobody has read, run under limits."""

from pathlib import Path

import pytest

from evals.rewards.limited import Limits, run_tests
from evals.rewards.unit_tests import code_of
from tests.evals.rewards.material import scores

ADD = "def add(a, b):\n    return a + b\n"
TESTS = ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]
LIMITS = Limits(3.0, 256)
GUESSING = """
import os
for place in range(3, 64):
    try:
        os.write(place, b"token 2")
    except OSError:
        pass
os._exit(0)
"""


def test_code_is_rewarded_by_the_share_of_tests_it_passes() -> None:
    answers = [f"Here:\n```python\n{ADD}```", ADD, "```python\ndef add(a, b):\n    return 0\n```", "I cannot.", "", ADD]
    rows: list[object] = [TESTS, "assert add(1, 2) == 3", TESTS, TESTS, TESTS, None]
    assert scores("tests", answers, tests=rows) == [1.0, 1.0, 0.5, 0.0, 0.0, None]


def test_the_last_block_is_the_code() -> None:
    assert code_of("```python\na\n```\nBetter:\n```py\nb\n```") == "b\n"


@pytest.mark.parametrize(
    "code",
    [
        "import os; os._exit(0)",
        "raise SystemExit(0)",
        "print('2')",
        "import sys; sys.stdout.write('x' * 10_000_000)",
        "add = bytearray(1 << 30)",
        "open('big', 'wb').write(b'x' * (2 << 20))",
        GUESSING,
        "def add(:",
    ],
)
def test_code_that_ends_early_floods_or_fails_gets_nothing(code: str) -> None:
    assert run_tests(code, TESTS, LIMITS) == 0


@pytest.mark.parametrize("code", ["while True: pass", "import time; time.sleep(60)", "[].append(*iter(int, 1))"])
def test_code_that_does_not_end_is_ended(code: str) -> None:
    assert run_tests(code, TESTS, Limits(0.3, 256)) == 0


@pytest.mark.parametrize(
    "attempt",
    [
        "bytearray(1 << 30)",
        "handle = open('big', 'wb', buffering=0); [handle.write(b'x' * (1 << 20)) for _ in range(2)]",
        "handles = [open(str(number), 'w') for number in range(80)]",
    ],
)
def test_the_limits_are_felt_by_the_code_itself(attempt: str) -> None:
    code = f"felt = False\ntry:\n    {attempt}\nexcept (MemoryError, OSError):\n    felt = True\n"
    assert run_tests(code, ["assert felt"], LIMITS) == 1


def test_limits_cannot_be_raised_by_the_code() -> None:
    code = "import resource\nlow, high = resource.getrlimit(resource.RLIMIT_AS)\n"
    assert run_tests(code, ["assert low == high == 256 << 20"], LIMITS) == 1


def test_a_test_that_ends_the_process_gives_no_credit_to_the_others() -> None:
    assert run_tests(ADD, ["assert add(1, 1) == 2", "import os; os._exit(0)"], LIMITS) == 0


def test_code_sees_no_environment_and_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEGATE_SECRET", "value")
    seen = ["import os; assert 'TUNEGATE_SECRET' not in os.environ", f"import os; assert os.getcwd() != {str(Path.cwd())!r}"]
    assert run_tests("import os; assert os.listdir('.') == []", seen, LIMITS) == 2


def open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_nothing_is_left_open_or_behind() -> None:
    before = open_files()
    run_tests(ADD, TESTS, LIMITS)
    assert open_files() == before
