"""The embedded default on disk: built once, found again in milliseconds."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from reports.digest import text_digest
from reports.errors import StorageError
from reports.records.intake import Value
from trainers.demo.base_model import BaseSettings
from trainers.demo.corpus import make_corpus
from trainers.demo.dataset import Dataset, DatasetSizes, make_dataset

Say = Callable[[str, int, int], None]
"""Called with (title, done, total) as the build goes on."""

SEED: Final = 7
SUITES: Final = ("harmful", "benign", "general")
LIBRARIES: Final = ("torch", "transformers", "tokenizers")
ANSWERS: Final[dict[str, Value]] = {
    "goal": "style",
    "base_pass_rate": 0.05,
    "prompt_pass_rate": 0.1,
    "task_changes_often": False,
    "voices": 1,
    "reward_computable": False,
    "sft_done": False,
    "knowledge_gap": 0.0,
    "ab_results": 0,
    "unpaired_ratings": 0,
    "clear_margin_share": 0.97,
    "spot_audit_accuracy": 0.98,
    "synthetic_share": 0.0,
    "audience": "customers",
    "harm_potential": "moderate",
    "regulated": False,
    "needs_refusals": True,
    "personal_data_in_training": False,
    "human_review": False,
    "gpu_hours": 1.0,
    "deadline_days": 14.0,
    "sequence_tokens": 96,
    "team_experience": "sft",
}
"""What the demo's team says on the scorecard; rows, model and machine are measured."""


class DemoInputs(NamedTuple):
    """Where the demo's model and data lie, and the answers that go with them."""

    model: Path
    demonstrations: Path
    pairs: Path
    suites: dict[str, Path]
    answers: dict[str, Value]

    def files(self) -> tuple[Path, ...]:
        """Return a file of each part; all of them exist in a whole build."""
        weights = (self.model / "model.safetensors", self.model / "config.json", self.model / "tokenizer.json")
        return (*weights, self.demonstrations, self.pairs, *self.suites.values())


def prepare_demo(cache: Path, say: Say, settings: BaseSettings | None = None, sizes: DatasetSizes | None = None) -> DemoInputs:
    """Find the demo's model and data in `cache`, or build them there.

    The folder is named after everything that decides its content, and is renamed into place when it is whole, so a killed
    build leaves nothing that looks finished. Builds of other processes are waited for.

    Raises:
        StorageError: the cache cannot be written.
    """
    chosen, size = settings or BaseSettings(), sizes or DatasetSizes()
    home = cache / f"demo-{build_key(chosen, size)}"
    inputs = locate(home)
    if _is_whole(inputs):
        return inputs
    try:
        with _only_builder(cache):
            if not _is_whole(inputs):
                _build(home, chosen, size, say)
    except OSError as error:
        raise StorageError(
            f"{cache}: the demo's model could not be written ({error.strerror}). "
            "Free some space (10 MB), or name another folder in TUNEGATE_CACHE."
        ) from error
    return inputs


def locate(home: Path) -> DemoInputs:
    """Return where everything lies below the folder of a build."""
    data = home / "data"
    return DemoInputs(
        model=home / "tunegate-demo-1m",
        demonstrations=data / "demonstrations.jsonl",
        pairs=data / "pairs.jsonl",
        suites={name: data / f"{name}.jsonl" for name in SUITES},
        answers=dict(ANSWERS),
    )


def build_key(settings: BaseSettings, sizes: DatasetSizes) -> str:
    """Return the digest of what a build depends on: this package's code, the settings, and the libraries' versions."""
    code = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]
    return text_digest(*code, repr(settings), repr(sizes), *map(_version, LIBRARIES))[:16]


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return ""


def _is_whole(inputs: DemoInputs) -> bool:
    return all(path.is_file() for path in inputs.files())


@contextmanager
def _only_builder(cache: Path) -> Iterator[None]:
    """Let one process build at a time; the lock goes with its holder, however it ends."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in cache.glob(".demo-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _build(home: Path, settings: BaseSettings, sizes: DatasetSizes, say: Say) -> None:
    work = Path(tempfile.mkdtemp(dir=home.parent, prefix=".demo-"))
    try:
        built = locate(work)
        say("Writing the demo's data", 0, 1)
        dataset = make_dataset(SEED, sizes)
        _write_data(built, dataset)
        say("Writing the demo's data", 1, 1)
        _build_model(built.model, dataset, settings, say)
        if home.exists():
            shutil.rmtree(home)
        work.rename(home)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _build_model(folder: Path, dataset: Dataset, settings: BaseSettings, say: Say) -> None:
    from trainers.demo.base_model import new_model, save_base, train_base, train_tokenizer

    say("Training the demo's tokenizer", 0, 1)
    documents = make_corpus(settings.documents, settings.seed, dataset.prompts())
    tokenizer = train_tokenizer(documents, settings)
    say("Training the demo's tokenizer", 1, 1)
    model = new_model(tokenizer, settings)
    train_base(model, tokenizer, documents, settings, lambda done, total: say("Training the demo's base model", done, total))
    save_base(model, tokenizer, folder)


def _write_data(built: DemoInputs, dataset: Dataset) -> None:
    built.demonstrations.parent.mkdir(parents=True)
    _write_rows(built.demonstrations, dataset.demonstrations)
    _write_rows(built.pairs, dataset.pairs)
    for name, path in built.suites.items():
        _write_rows(path, dataset.suites[name])


def _write_rows(path: Path, rows: Sequence[msgspec.Struct]) -> None:
    path.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
