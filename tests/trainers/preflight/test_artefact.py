"""What a stage would leave: each check sees a planted fault in saving, merging, rendering and resuming."""

from pathlib import Path
from typing import Any

import pytest

from tests.trainers.preflight.conftest import Built
from tests.trainers.preflight.looking import of_trainer

pytestmark = pytest.mark.training


def look(one: Built, code: str) -> Any:
    return of_trainer(one.tiny, one.method, one.trainer, code)


def test_a_healthy_stage_saves_loads_merges_renders_and_resumes_alike(built: dict[str, Built]) -> None:
    found = [look(built["sft"], code) for code in ("PRE401", "PRE402", "PRE403", "PRE404")]
    assert [check.state for check in found] == ["pass"] * 4, found


def test_weights_that_are_not_saved_are_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    from trainers.preflight import artefact

    save = artefact._save

    def forgetful(subject: Any, folder: Path) -> None:
        from safetensors.torch import load_file, save_file

        save(subject, folder)
        file = folder / "adapter_model.safetensors"
        save_file({name: weight * ("lora_B" not in name) for name, weight in load_file(file).items()}, file)

    monkeypatch.setattr(artefact, "_save", forgetful)
    assert look(built["sft"], "PRE401").state == "fail"
    found = look(built["sft"], "PRE402")
    assert (found.state, "merged and base by 0" in found.because) == ("fail", True)


def test_a_merge_that_changes_the_model_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from peft import PeftModel

    merge = PeftModel.merge_and_unload if hasattr(PeftModel, "merge_and_unload") else None
    from peft.tuners.lora import LoraModel

    right = merge or LoraModel.merge_and_unload

    def coarse(self: Any, *args: Any, **options: Any) -> Any:
        found = right(self, *args, **options)
        with torch.no_grad():
            for weight in found.parameters():
                weight.copy_((weight * 4).round() / 4)
        return found

    monkeypatch.setattr(PeftModel if merge else LoraModel, "merge_and_unload", coarse)
    assert look(built["sft"], "PRE402").state == "fail"


def test_a_template_that_is_not_saved_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    one = built["sft"]
    tokenizer = one.trainer.processing_class
    save = tokenizer.save_pretrained

    def forgetful(folder: str) -> None:
        save(folder)
        (Path(folder) / "chat_template.jinja").write_text("{% for message in messages %}{{ message['content'] }}{% endfor %}")

    monkeypatch.setattr(tokenizer, "save_pretrained", forgetful)
    assert look(one, "PRE403").state == "fail"


def test_a_resume_that_forgets_is_found(built: dict[str, Built], monkeypatch: pytest.MonkeyPatch) -> None:
    from trainers.preflight import artefact

    train = artefact._train_two
    monkeypatch.setattr(
        artefact,
        "_train_two",
        lambda run, subject, checkpoint: train(run, subject, None) if not checkpoint else _anew(train(run, subject, checkpoint)),
    )
    assert look(built["sft"], "PRE404").state == "fail"


def _anew(weights: dict[str, Any]) -> dict[str, Any]:
    return {name: weight * 0.999 for name, weight in weights.items()}
