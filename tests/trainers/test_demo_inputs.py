"""The demo's cache: built once, found again, never half."""

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from evals.data.load import describe
from evals.suites import load_suite
from reports.errors import StorageError
from reports.records.plan import SuiteRef
from selector.intake import make_fact
from trainers.demo import inputs
from trainers.demo.base_model import BaseSettings
from trainers.demo.dataset import Dataset, DatasetSizes
from trainers.demo.inputs import ANSWERS, DemoInputs, build_key, prepare_demo

SIZES = DatasetSizes(demonstrations=20, refusals=4, lookalikes=4, pairs=20, refusal_pairs=4, lookalike_pairs=4, suite=5)
Builder = Callable[[Path, Dataset, BaseSettings, inputs.Say], None]


def fake_model(folder: Path, dataset: Dataset, settings: BaseSettings, say: inputs.Say) -> None:
    """Write files where training would have left them."""
    folder.mkdir()
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        (folder / name).write_text("{}")


def silent(title: str, done: int, total: int) -> None:
    """Say nothing."""


@pytest.fixture
def build_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[Builder], None]:
    """Replace the training of the base model."""

    def replace(builder: Builder) -> None:
        monkeypatch.setattr(inputs, "_build_model", builder)

    replace(fake_model)
    return replace


def prepare(cache: Path, say: inputs.Say = silent) -> DemoInputs:
    return prepare_demo(cache, say, sizes=SIZES)


def left_in(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.name != "demo.lock")


def test_the_first_call_builds_every_part(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    found = prepare(tmp_path)

    assert all(path.is_file() for path in found.files())
    assert len(left_in(tmp_path)) == 1


def test_the_second_call_builds_nothing_and_finds_the_same(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    first = prepare(tmp_path)
    said: list[str] = []

    assert prepare(tmp_path, lambda title, done, total: said.append(title)) == first
    assert said == []


def test_other_settings_are_another_build(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    assert build_key(BaseSettings(), SIZES) != build_key(BaseSettings(layers=9), SIZES)
    assert build_key(BaseSettings(), SIZES) != build_key(BaseSettings(), SIZES._replace(pairs=21))


def test_a_build_whose_file_was_deleted_is_built_again(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    found = prepare(tmp_path)
    found.pairs.unlink()

    assert prepare(tmp_path).pairs.is_file()
    assert len(left_in(tmp_path)) == 1


def test_an_interrupted_build_leaves_no_folder(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    def interrupted(folder: Path, dataset: Dataset, settings: BaseSettings, say: inputs.Say) -> None:
        fake_model(folder, dataset, settings, say)
        raise KeyboardInterrupt

    build_model(interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path)

    assert left_in(tmp_path) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from trainers.demo import inputs
inputs._build_model = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
inputs.prepare_demo(Path(sys.argv[1]), lambda *_: None)
"""


def test_what_a_killed_build_left_is_no_build_and_goes_with_the_next(
    tmp_path: Path, build_model: Callable[[Builder], None]
) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -9
    assert all(name.startswith(".") for name in left_in(tmp_path))

    found = prepare(tmp_path)

    assert all(path.is_file() for path in found.files())
    assert left_in(tmp_path) == [found.model.parent.name]


def test_two_builders_at_once_build_once(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    builds: list[Path] = []
    begun, may_end = threading.Event(), threading.Event()

    def slow(folder: Path, dataset: Dataset, settings: BaseSettings, say: inputs.Say) -> None:
        builds.append(folder)
        begun.set()
        assert may_end.wait(30)
        fake_model(folder, dataset, settings, say)

    build_model(slow)
    found: list[DemoInputs] = []
    workers = [threading.Thread(target=lambda: found.append(prepare(tmp_path))) for _ in range(2)]
    workers[0].start()
    assert begun.wait(30)
    workers[1].start()
    may_end.set()
    for worker in workers:
        worker.join(30)

    assert len(builds) == 1
    assert found[0] == found[1]


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="TUNEGATE_CACHE"):
        prepare(tmp_path / "file")


def test_finding_a_build_loads_nothing_heavy(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    prepare_demo(tmp_path, silent)
    code = (
        "import sys; from pathlib import Path; from trainers.demo.inputs import prepare_demo;"
        f"prepare_demo(Path({str(tmp_path)!r}), print); print(sorted({{'torch', 'numpy', 'tokenizers'}} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_data_files_are_read_as_what_they_are(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    found = prepare(tmp_path)

    assert (describe(str(found.demonstrations)).layout, describe(str(found.demonstrations)).rows) == (
        "prompt-completion (messages)",
        28,
    )
    assert (describe(str(found.pairs)).layout, describe(str(found.pairs)).rows) == ("preference (messages)", 28)


def test_suites_are_read_with_families_and_references(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    found = prepare(tmp_path)

    for name in ("harmful", "benign", "general"):
        items = load_suite(SuiteRef(name=name, source=str(found.suites[name])), messages=False)
        assert len(items) == SIZES.suite
        assert all(item.reference for item in items)


def test_rows_hold_one_user_and_one_assistant_message(tmp_path: Path, build_model: Callable[[Builder], None]) -> None:
    row = msgspec.json.decode(prepare(tmp_path).pairs.read_bytes().splitlines()[0])

    assert [message["role"] for message in row["prompt"]] == ["user"]
    assert [message["role"] for key in ("chosen", "rejected") for message in row[key]] == ["assistant", "assistant"]


def test_every_answer_of_the_demo_is_one_the_scorecard_takes() -> None:
    for name, value in ANSWERS.items():
        assert make_fact(name, value, "asked").value == value
