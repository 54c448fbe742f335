"""Hub data sets, through the real datasets library and a local folder in the hub's place."""

from pathlib import Path

import pytest

from evals.data.hub import load_hub
from evals.data.load import load
from reports.errors import MissingError
from tests.evals.data.rows import pair, write_lines


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let names such as `shop/pairs` mean folders, and keep the cache out of the home."""
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("datasets.config.HF_DATASETS_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    folder = tmp_path / "shop" / "pairs"
    folder.mkdir(parents=True)
    write_lines(folder / "train.jsonl", [pair(number) for number in range(3)])
    write_lines(folder / "test.jsonl", [pair(number) for number in range(3, 5)])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_split_is_chosen_by_its_name(hub: Path) -> None:
    train, test = load_hub("shop/pairs"), load_hub("shop/pairs@test")
    assert [dict(row.values) for row in train.rows] == [pair(0), pair(1), pair(2)]
    assert [dict(row.values) for row in test.rows] == [pair(3), pair(4)]
    assert train.digest != test.digest
    assert train.digest == load_hub("shop/pairs@train").digest


def test_an_unknown_split_is_missing(hub: Path) -> None:
    with pytest.raises(MissingError, match=r"shop/pairs@gold: .*gold"):
        load_hub("shop/pairs@gold")


def test_a_hub_name_without_network_is_missing(hub: Path) -> None:
    with pytest.raises(MissingError, match="no local file has this name, and the hub data set could not be loaded"):
        load("shop/nothing@train")
