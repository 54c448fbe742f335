"""Measuring killed at any point and begun again: no answer is generated twice, figures and verdict are the same.

Kills come in two kinds. Within this process the ledger ends after each of its writes, whole or torn. From outside, SIGKILL
hits processes that measure, within some layer of a model or of the judge.
"""

import itertools
import multiprocessing
import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from signal import SIGKILL
from typing import Final, NamedTuple

import msgspec
import pytest

from evals import encoder
from evals.gates.decide import decide
from evals.greedy import Answer, Greedy, prepare_greedy
from evals.measure import measure
from reports.jsonl import Jsonl
from reports.progress import ProgressLog
from reports.records.evaluation import Metrics, Side
from reports.records.gates import Gates
from reports.records.plan import GatePlan, Plan
from reports.rundir import RunDir
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import add_judge, make_run

PATIENCE_S: Final = 60.0
PRELOADED: Final = ["torch", "peft", "sklearn.linear_model", "transformers.models.llama.modeling_llama", "evals.measure"]
"""What takes longer to load than the tiny run to measure."""
GATES: Final = tuple(
    GatePlan(name=metric, metric=metric, title=metric, kind="non-inferiority", margin=margin, minimum_n=3)
    for metric, margin in (("win_rate", 0.1), ("refusal", 0.3), ("kl_target", 0.5), ("length", 5.0))
)


class Outcome(NamedTuple):
    """What must not depend on how often measuring was killed."""

    metrics: Metrics
    gates: Gates
    answers: dict[tuple[Side, str, str], str | None]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Outcome:
    run, plan = make_ready(tmp_path_factory.mktemp("whole"), model)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoder, "WHEEL", "none_installed")
        encoder.default_encoder.cache_clear()
        measure(run, plan, ProgressLog(run))
        encoder.default_encoder.cache_clear()
    return outcome(run)


def make_ready(folder: Path, model: Path) -> tuple[RunDir, Plan]:
    run, plan = make_run(folder, model, judge=True)
    add_judge(run, model)
    plan = msgspec.structs.replace(plan, gates=GATES)
    run.write(plan)
    return run, plan


def outcome(run: RunDir) -> Outcome:
    lines = run.completions.read()
    answers = {(line.side, line.key, line.prompt_id): line.completion for line in lines}
    return Outcome(run.read(Metrics), decide(run, run.read(Plan)), answers)


def written_twice(run: RunDir) -> list[tuple[Side, str, str]]:
    counted = Counter((line.side, line.key, line.prompt_id) for line in run.completions.read())
    return [which for which, times in counted.items() if times > 1]


class Counting(NamedTuple):
    """A model whose prompts are counted."""

    ready: Greedy
    asked: list[tuple[int, ...]]

    def answer(self, prompts: Sequence[tuple[int, ...]]) -> list[Answer]:
        self.asked.extend(prompts)
        return self.ready.answer(prompts)


@pytest.fixture
def generated(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The prompts that the ledger has answered by a model, as often as it has; the two sides count apart."""
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr("evals.generate.prepare_greedy", lambda *given: Counting(prepare_greedy(*given), asked))
    return asked


def kill_after_append(run: RunDir, keep: Callable[[bytes], int]) -> Callable[..., None]:
    """Return an append that writes, keeps part of what it wrote and ends the process as far as measuring can tell."""
    append = Jsonl.append

    def killed(log: Jsonl[object], *records: object) -> None:
        if log.path != run.completions.path:
            return append(log, *records)
        before = log.path.read_bytes() if log.path.exists() else b""
        append(log, *records)
        whole = log.path.read_bytes()
        log.path.write_bytes(whole[: len(before) + keep(whole[len(before) :])])
        raise KeyboardInterrupt

    return killed


def measure_through_kills(run: RunDir, plan: Plan, keep: Callable[[bytes], int]) -> int:
    """Measure until nothing is left to write; return how often measuring was killed."""
    kills = 0
    while True:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Jsonl, "append", kill_after_append(run, keep))
            try:
                measure(run, plan, ProgressLog(run))
            except KeyboardInterrupt:
                kills += 1
            else:
                return kills


def test_a_kill_after_every_single_write_generates_nothing_twice(
    tmp_path: Path, model: Path, uninterrupted: Outcome, generated: list[tuple[int, ...]]
) -> None:
    run, plan = make_ready(tmp_path, model)

    kills = measure_through_kills(run, plan, len)

    assert kills >= 10
    assert set(Counter(generated).values()) == {2}
    assert written_twice(run) == []
    assert outcome(run) == uninterrupted


def test_a_line_torn_by_the_kill_is_the_only_one_generated_again(
    tmp_path: Path, model: Path, uninterrupted: Outcome, generated: list[tuple[int, ...]]
) -> None:
    run, plan = make_ready(tmp_path, model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Jsonl, "append", kill_after_append(run, lambda written: len(written) - 7))
        with pytest.raises(KeyboardInterrupt):
            measure(run, plan, ProgressLog(run))
    lost = len(generated) - len({line.key for line in run.completions.read()})
    measure(run, plan, ProgressLog(run))

    assert lost == 1
    assert sum(times - 2 for times in Counter(generated).values()) == lost
    assert written_twice(run) == []
    assert outcome(run) == uninterrupted


def test_a_ledger_that_is_not_read_is_found_out(
    tmp_path: Path, model: Path, generated: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, plan = make_ready(tmp_path, model)
    generate_all(run, plan)
    read = Jsonl.read
    with monkeypatch.context() as patch:
        patch.setattr(Jsonl, "read", lambda log: [] if log.path == run.completions.path else read(log))
        generate_all(run, plan)

    assert max(Counter(generated).values()) == 4
    assert len(written_twice(run)) == len(run.completions.read()) / 2


def generate_all(run: RunDir, plan: Plan) -> None:
    """Measure up to the answers and no further."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evals.measure.compare_logprobs", stopped)
        with pytest.raises(KeyboardInterrupt):
            measure(run, plan, ProgressLog(run))


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def measure_in_child(folder: Path, threads: int, calls: int | None) -> None:
    """Measure; kill this process at the given call of any layer of any model, the judge's included."""
    import torch

    torch.set_num_threads(threads)
    left = iter(range(calls - 1, -1, -1)) if calls else itertools.repeat(1)

    def count(*_: object) -> None:
        if next(left) == 0:
            os.kill(os.getpid(), SIGKILL)

    encoder.WHEEL = "none_installed"  # type: ignore[misc]
    torch.nn.modules.module.register_module_forward_hook(count)
    run = RunDir(folder)
    measure(run, run.read(Plan), ProgressLog(run))


def exit_code(run: RunDir, calls: int | None) -> int | None:
    """Measure in a process of its own, forked off a server that has loaded what takes long."""
    import torch

    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    child = context.Process(target=measure_in_child, args=(run.path, torch.get_num_threads(), calls))
    child.start()
    child.join(PATIENCE_S)
    child.kill()
    return child.exitcode


def test_sigkill_at_random_moments_changes_nothing(tmp_path: Path, model: Path, uninterrupted: Outcome) -> None:
    run, _ = make_ready(tmp_path, model)
    moments = random.Random(6).sample(range(1, 1500), 5)

    killed = [(exit_code(run, calls), len(run.completions.read())) for calls in moments]
    last = exit_code(run, None)

    assert [code for code, _ in killed] == [-SIGKILL] * len(moments)
    assert len({lines for _, lines in killed}) >= 3
    assert last == 0
    assert written_twice(run) == []
    assert outcome(run) == uninterrupted
