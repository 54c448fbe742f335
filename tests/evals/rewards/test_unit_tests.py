"""Code that nobody has read, run under limits."""

import os
from pathlib import Path

import pytest

from evals.rewards.limited import Limits, run_tests
from evals.rewards.unit_tests import code_of
from tests.evals.rewards.material import scores

ADD = "def add(a, b):\n    return a + b\n"
TESTS = ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]
LIMITS = Limits(3.0, 256)


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
        "import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, b'token 2')\n    except OSError:\n        pass\nos._exit(0)",
        "def add(:",
    ],
)
def test_code_that_ends_early_floods_or_fails_gets_nothing(code: str) -> None:
    assert run_tests(code, TESTS, LIMITS) == 0


@pytest.mark.parametrize("code", ["while True: pass", "import time; time.sleep(60)", "[].append(*iter(int, 1))"])
def test_code_that_does_not_end_is_ended(code: str) -> None:
    assert run_tests(code, TESTS, Limits(0.3, 256)) == 0


def test_a_test_that_ends_the_process_gives_no_credit_to_the_others() -> None:
    assert run_tests(ADD, ["assert add(1, 1) == 2", "import os; os._exit(0)"], LIMITS) == 0


def test_code_sees_no_environment_and_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNEGATE_SECRET", "value")
    seen = ["import os; assert 'TUNEGATE_SECRET' not in os.environ", f"import os; assert os.getcwd() != {str(Path.cwd())!r}"]
    assert run_tests("import os; assert os.listdir('.') == []", seen, LIMITS) == 2


def test_nothing_is_left_open_or_behind() -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0
    run_tests(ADD, TESTS, LIMITS)
    assert (len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0) == before
