"""Model folders are described from their files, refused with a reason, and loaded by named rules."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.model_source import inspect_model
from evals.models import load_base, load_candidate, load_pair, load_tokenizer
from reports.errors import MissingError
from reports.records.evaluation import Side
from tests.evals.tiny import CONTEXT, build_tiny_adapter, build_tiny_model

PARAMETERS = 39_072


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return build_tiny_model(tmp_path / "tiny")


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_folder_is_described_from_its_files(model: Path) -> None:
    ref = inspect_model(str(model))

    assert (ref.label, ref.parameters, ref.context_length, ref.has_chat_template) == ("tiny", PARAMETERS, CONTEXT, True)
    assert ref.name == str(model)
    assert len(ref.digest) == 64


def test_describing_a_model_loads_no_framework(model: Path) -> None:
    code = (
        "import sys; from evals.model_source import inspect_model; inspect_model(sys.argv[1]); "
        "print([name for name in ('torch', 'transformers', 'numpy', 'safetensors') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code, str(model)], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_the_digest_changes_with_a_single_byte_of_the_weights(model: Path) -> None:
    before = inspect_model(str(model)).digest
    weights = bytearray((model / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (model / "model.safetensors").write_bytes(weights)

    assert inspect_model(str(model)).digest != before


def test_sharded_weights_are_counted_together(model: Path) -> None:
    from transformers import AutoModelForCausalLM

    AutoModelForCausalLM.from_pretrained(str(model)).save_pretrained(str(model), max_shard_size="60KB")
    assert (model / "model.safetensors.index.json").is_file()

    assert inspect_model(str(model)).parameters == PARAMETERS


def test_the_context_of_a_model_with_a_text_part_is_found_there(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    del config["max_position_embeddings"]
    (model / "config.json").write_text(json.dumps({**config, "text_config": {"n_positions": 77}}))

    assert inspect_model(str(model)).context_length == 77


def remove_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def break_config(folder: Path) -> None:
    (folder / "config.json").write_text("{")


def remove_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def pickle_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def cut_weights(folder: Path) -> None:
    data = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(data[:-100])


def empty_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def lose_a_shard(folder: Path) -> None:
    remove_weights(folder)
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-00001-of-00002.safetensors"}}')


def remove_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def leave_an_adapter(folder: Path) -> None:
    remove_config(folder)
    (folder / "adapter_config.json").write_text("{}")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (remove_config, "has no config.json"),
        (break_config, "cannot be read as JSON"),
        (remove_weights, "no weights"),
        (pickle_weights, "safetensors only"),
        (cut_weights, "damaged"),
        (empty_weights, "damaged"),
        (lose_a_shard, "1 of 1 weight files are missing"),
        (remove_tokenizer, "no tokenizer"),
        (leave_an_adapter, "this is an adapter"),
    ],
)
def test_each_unusable_folder_has_a_sentence_of_its_own(model: Path, damage: object, sentence: str) -> None:
    assert callable(damage)
    damage(model)

    with pytest.raises(MissingError, match=sentence) as caught:
        inspect_model(str(model))
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("name", "sentence"), [("./absent", "no such folder"), ("/absent/model", "no such folder"), ("a b", "no such folder")]
)
def test_a_path_without_a_folder_is_named_as_such(name: str, sentence: str) -> None:
    with pytest.raises(MissingError, match=sentence):
        inspect_model(name)


def test_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")

    with pytest.raises(MissingError, match="this is a file"):
        inspect_model(str(tmp_path / "file"))


def test_an_absent_hub_model_offline_names_what_was_tried_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    with pytest.raises(MissingError, match=r"local hub cache.*hf download nobody/nothing") as caught:
        inspect_model("nobody/nothing")
    assert "--model" in str(caught.value)


def test_a_cached_hub_model_is_found_offline_and_named_by_its_revision(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    place = tmp_path / "hub" / "models--some--model"
    (place / "snapshots").mkdir(parents=True)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text("abc123")
    model.rename(place / "snapshots" / "abc123")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))

    ref = inspect_model("some/model")

    assert (ref.name, ref.label, ref.digest, ref.parameters) == ("some/model", "model", "abc123", PARAMETERS)


def test_the_home_folder_is_written_as_a_tilde(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(model.parent))

    assert inspect_model(str(model)).name == "~/tiny"
    assert inspect_model("~/tiny").parameters == PARAMETERS


def test_a_complete_tokenizer_needs_no_rule(model: Path) -> None:
    loaded = load_tokenizer(inspect_model(str(model)), messages=True)

    assert loaded.notes == ()
    assert (loaded.tokenizer.pad_token, loaded.tokenizer.padding_side) == ("<pad>", "left")


@pytest.mark.parametrize("pad", [None, "</s>"])
def test_padding_never_stays_the_end_token_where_another_is_free(model: Path, pad: str | None) -> None:
    edit_json(model / "tokenizer_config.json", pad_token=pad)

    loaded = load_tokenizer(str(model), messages=False)

    assert loaded.tokenizer.pad_token == "<unk>"
    assert len(loaded.notes) == 1
    assert "<unk>" in loaded.notes[0]


def test_without_an_unknown_token_a_special_token_named_as_spare_pads(model: Path) -> None:
    edit_json(model / "tokenizer_config.json", pad_token=None, unk_token=None)

    assert load_tokenizer(str(model), messages=False).tokenizer.pad_token == "<pad>"


def test_without_any_spare_token_the_end_token_pads_and_the_note_says_so(model: Path) -> None:
    edit_json(model / "tokenizer_config.json", pad_token=None, unk_token=None)
    text = (model / "tokenizer.json").read_text().replace("<pad>", "<fill>")
    (model / "tokenizer.json").write_text(text)

    loaded = load_tokenizer(str(model), messages=False)

    assert loaded.tokenizer.pad_token == loaded.tokenizer.eos_token
    assert "masked by position" in loaded.notes[0]


def test_a_missing_end_token_is_taken_from_the_config(model: Path) -> None:
    edit_json(model / "tokenizer_config.json", eos_token=None)

    loaded = load_tokenizer(str(model), messages=False)

    assert loaded.tokenizer.eos_token == "</s>"
    assert "names no end token" in loaded.notes[0]


def test_a_model_without_any_end_token_is_refused(model: Path) -> None:
    edit_json(model / "tokenizer_config.json", eos_token=None)
    edit_json(model / "config.json", eos_token_id=None)

    with pytest.raises(MissingError, match="could never end"):
        load_tokenizer(str(model), messages=False)


def test_the_fallback_template_ends_answers_and_keeps_the_prompt_a_prefix(tmp_path: Path) -> None:
    loaded = load_tokenizer(str(build_tiny_model(tmp_path / "base", chat_template=False)), messages=True)
    prompt = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello there"}]
    answer = {"role": "assistant", "content": "Hi"}

    asked = loaded.tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
    answered = loaded.tokenizer.apply_chat_template([*prompt, answer], tokenize=False)
    longer = loaded.tokenizer.apply_chat_template([*prompt, answer, prompt[1]], tokenize=False, add_generation_prompt=True)

    assert asked == "### System:\nBe brief.\n\n### User:\nHello there\n\n### Assistant:\n"
    assert answered == f"{asked}Hi</s>"
    assert longer == f"{answered}\n\n### User:\nHello there\n\n### Assistant:\n"
    assert "no chat template" in loaded.notes[0]


def test_a_base_model_for_plain_text_gets_no_template(tmp_path: Path) -> None:
    loaded = load_tokenizer(str(build_tiny_model(tmp_path / "base", chat_template=False)), messages=False)

    assert loaded.tokenizer.chat_template is None
    assert loaded.notes == ()


def logits(pair_model: object) -> list[float]:
    import torch

    assert callable(pair_model)
    with torch.inference_mode():
        found = pair_model(input_ids=torch.tensor([[5, 30, 31, 40]])).logits[0, -1]
    return [float(value) for value in found]


def test_the_baseline_of_an_adapter_is_the_untouched_base(model: Path, tmp_path: Path) -> None:
    pair = load_pair(inspect_model(str(model)), build_tiny_adapter(model, tmp_path / "adapter"))
    sides: dict[Side, list[float]] = {}
    for side in ("candidate", "baseline"):
        with pair.side(side) as loaded:
            sides[side] = logits(loaded)

    assert sides["baseline"] == logits(load_base(str(model)))
    assert sides["candidate"] == logits(load_candidate(str(model), tmp_path / "adapter"))
    assert max(abs(a - b) for a, b in zip(sides["baseline"], sides["candidate"], strict=True)) > 0.1


def test_after_full_fine_tuning_both_models_are_held(model: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    trained = AutoModelForCausalLM.from_pretrained(str(model))
    with torch.no_grad():
        trained.lm_head.weight.mul_(2)
    trained.save_pretrained(str(tmp_path / "full"))
    pair = load_pair(str(model), tmp_path / "full")

    with pair.side("baseline") as baseline, pair.side("candidate") as candidate:
        before, after = logits(baseline), logits(candidate)
    assert after == pytest.approx([2 * value for value in before], rel=1e-5)


def test_an_absent_adapter_is_missing(model: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="holds no adapter"):
        load_pair(str(model), tmp_path / "none")


def test_an_adapter_of_another_architecture_is_missing_with_its_cause(model: Path, tmp_path: Path) -> None:
    adapter = build_tiny_adapter(model, tmp_path / "adapter")
    edit_json(adapter / "adapter_config.json", target_modules=["c_attn"])

    with pytest.raises(MissingError, match="does not fit") as caught:
        load_candidate(str(model), adapter)
    assert caught.value.__cause__ is not None
