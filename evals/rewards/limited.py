"""Running code that nobody has read: a process of its own, with limits that the kernel keeps.

Time, memory, file size, open files and processes are limited, the folder is a new one and the environment is empty. It is no
sandbox: files of the user's stay readable, and so does the network.
"""

import contextlib
import importlib.util
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from reports.errors import MissingError

STARTING_S: Final = 5.0
"""Added to the time that a process is waited for: its own clock starts when Python has."""
MOST_SAID: Final = 4096
"""Bytes that are read of what the process says."""
DRIVER: Final = """
import json, os, resource, signal, sys

def limit(kind, value):
    resource.setrlimit(kind, (value, value))

job = json.loads(sys.stdin.read())
seconds, memory = job["seconds"], job["memory"]
signal.setitimer(signal.ITIMER_REAL, seconds)
limit(resource.RLIMIT_CPU, max(1, int(seconds + 0.999)))
limit(resource.RLIMIT_AS, memory)
limit(resource.RLIMIT_FSIZE, 1 << 20)
limit(resource.RLIMIT_NOFILE, 64)
limit(resource.RLIMIT_CORE, 0)
limit(resource.RLIMIT_NPROC, 0)
space = {"__name__": "answer"}
passed = 0
try:
    exec(compile(job["code"], "<answer>", "exec"), space)
    for test in job["tests"]:
        try:
            exec(compile(test, "<test>", "exec"), space)
            passed += 1
        except BaseException:
            pass
except BaseException:
    passed = 0
os.write(job["say"], (job["token"] + " " + str(passed)).encode())
os._exit(0)
"""


class Limits(NamedTuple):
    """What a process may use."""

    seconds: float
    memory_mib: int


def require_limits(title: str) -> None:
    """Raise MissingError where this system keeps no limits of a process."""
    if importlib.util.find_spec("resource") is None:
        raise MissingError(f"{title}: this system cannot limit a process, so the model's code is not run. Use Linux or macOS.")


def run_tests(code: str, tests: Sequence[str], limits: Limits) -> int:
    """Return how many tests pass after the code; 0 where the code fails, ends the process, or goes beyond a limit.

    The process reports under a token drawn for this call, so that code that ends early or prints does not count as passing.
    """
    token = secrets.token_hex(16)
    read, write = os.pipe()
    try:
        with tempfile.TemporaryDirectory(prefix="tunegate-tests-") as folder:
            job = {
                "code": code,
                "tests": list(tests),
                "token": token,
                "say": write,
                "seconds": limits.seconds,
                "memory": limits.memory_mib << 20,
            }
            _run(json.dumps(job).encode(), Path(folder), write, limits.seconds)
        os.set_blocking(read, False)
        said = _read(read)
    finally:
        os.close(read)
        os.close(write)
    found, _, passed = said.partition(" ")
    return min(int(passed), len(tests)) if found == token and passed.isdecimal() else 0


def _run(job: bytes, folder: Path, say: int, seconds: float) -> None:
    child = subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", DRIVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={},
        pass_fds=(say,),
        start_new_session=True,
    )
    try:
        child.communicate(job, timeout=seconds + STARTING_S)
    except (subprocess.TimeoutExpired, BrokenPipeError):
        pass  # what it did not report does not count
    finally:
        # The group holds whatever the code started, too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _read(pipe: int) -> str:
    try:
        return os.read(pipe, MOST_SAID).decode("ascii", "replace")
    except BlockingIOError:
        return ""
