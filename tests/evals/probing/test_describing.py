"""What the files of a model say about it."""

from pathlib import Path

import pytest

from evals.model_source import inspect_model
from evals.probing.describing import describe_model, guess_tuning, read_licence
from tests.evals.tiny import CONTEXT


def test_the_model_card_names_the_licence_before_the_licence_file(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("MIT License\n\nCopyright")
    assert read_licence(tmp_path) == ("mit", "LICENSE")
    (tmp_path / "README.md").write_text("---\nlicense: other\nlicense_name: house-1\n---\n# Model")
    assert read_licence(tmp_path) == ("house-1", "README.md, front matter")


def test_a_licence_in_the_text_of_the_card_is_found_and_none_is_said(tmp_path: Path) -> None:
    assert read_licence(tmp_path).name == ""
    (tmp_path / "README.md").write_text("# Model\n- License: Apache-2.0 (see below)\n")
    assert read_licence(tmp_path) == ("Apache-2.0", "README.md")


@pytest.mark.parametrize(
    ("label", "has_template", "tuning"),
    [
        ("Lama-3-8B-Instruct", True, "instruct"),
        ("craft-chat-5m", True, "instruct"),
        ("Big-7B-Base", True, "base"),
        ("stories", False, "base"),
        ("Big2.5-0.5B", True, "unclear"),
        ("digital-italic", False, "base"),
    ],
)
def test_instruct_or_base_is_guessed_from_name_and_template(label: str, has_template: bool, tuning: str) -> None:
    assert guess_tuning(label, has_template).tuning == tuning


def test_a_model_folder_is_described_from_its_files(model_folder: Path) -> None:
    found = describe_model(str(model_folder), inspect_model(str(model_folder)))
    assert (found.architecture, found.parameters, found.context_length) == ("LlamaForCausalLM", 39_072, CONTEXT)
    assert (found.has_chat_template, found.tuning, found.licence) == (True, "instruct", "")
    assert describe_model(str(model_folder)).parameters is None
