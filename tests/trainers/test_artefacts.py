"""What a run leaves to others loads without tunegate, computes the same, and overwrites nothing."""

import json
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from evals.endpoint.asking import Reply, ask_user
from evals.endpoint.cache import ReplyCache
from evals.endpoint.client import Client, Limits
from evals.endpoint.place import parse_endpoint
from evals.models import load_candidate, load_tokenizer
from reports.errors import MissingError, StageError, UsageError
from reports.progress import ProgressLog
from reports.records.run import StageResult
from selector.cli import main
from tests.trainers.tiny_run import TinyRun, make_tiny_run
from trainers.artefacts import export_candidate
from trainers.methods import Parameters

CLI = Path(sys.executable).with_name("transformers")
TOKENS = [[5, 40, 41, 42, 90, 7, 60]]
PLAIN = """
import json, sys, torch
from transformers import AutoTokenizer
folder, tokens = sys.argv[1], json.loads(sys.argv[2])
if sys.argv[3] == "adapter":
    from peft import AutoPeftModelForCausalLM as Loader
else:
    from transformers import AutoModelForCausalLM as Loader
model, tokenizer = Loader.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
with torch.no_grad():
    logits = model(input_ids=torch.tensor(tokens)).logits[0, -1].tolist()
text = tokenizer.apply_chat_template([{"role": "user", "content": "tea"}], tokenize=False, add_generation_prompt=True)
assert not {"selector", "trainers", "evals", "reports"} & set(sys.modules)
print(json.dumps({"logits": logits, "text": text, "eos": tokenizer.eos_token, "words": len(tokenizer)}))
"""

pytestmark = pytest.mark.training


def trained(folder: Path, parameters: Parameters = "lora", **options: str) -> TinyRun:
    """Train an adapter that moves the logits by much more than rounding does."""
    chosen = {"num_train_epochs": "1", "learning_rate": "0.02", "save_steps": "1000", "warmup_steps": "0"}
    tiny = make_tiny_run(folder, "sft", rows=16, parameters=parameters, overrides={**chosen, **options})
    import_module("trainers.sft").train(tiny.run, tiny.plan, tiny.stage("sft"), ProgressLog(tiny.run))
    return tiny


def finished_with(folder: Path, tied: bool = False, **lora: Any) -> TinyRun:
    """Leave a run as if its stage had trained this adapter; all its weights are random."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    tiny = make_tiny_run(folder, "sft")
    place, adapter = tiny.plan.model.name, tiny.run.adapter("1-sft")
    if tied:
        LlamaForCausalLM(LlamaConfig.from_pretrained(place, tie_word_embeddings=True)).save_pretrained(place)
    model = get_peft_model(LlamaForCausalLM.from_pretrained(place), LoraConfig(task_type="CAUSAL_LM", **lora))
    for weight in model.parameters():
        if weight.requires_grad:
            torch.nn.init.normal_(weight, std=0.3)
    model.save_pretrained(str(adapter))
    load_tokenizer(tiny.plan.model, messages=True).tokenizer.save_pretrained(str(adapter))
    tiny.run.finish_stage(StageResult(stage="1-sft", method="sft", steps=1, seconds=1.0, values={}))
    return tiny


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return trained(tmp_path_factory.mktemp("artefacts"))


def logits_of(model: Any) -> list[float]:
    import torch

    with torch.no_grad():
        found: list[float] = model.eval()(input_ids=torch.tensor(TOKENS)).logits[0, -1].tolist()
    return found


def load_plainly(folder: Path, form: str) -> dict[str, Any]:
    """Load in a process of its own, with transformers and peft alone."""
    command = [sys.executable, "-P", "-c", PLAIN, str(folder), json.dumps(TOKENS), form]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_adapter_and_merged_model_load_without_tunegate_and_compute_the_same(tiny: TinyRun, tmp_path: Path) -> None:
    candidate: Any = load_candidate(tiny.plan.model, tiny.run.adapter("1-sft"))
    ours = logits_of(candidate)
    with candidate.disable_adapter():
        base = logits_of(candidate)
    assert max(abs(one - other) for one, other in zip(ours, base, strict=True)) > 0.1
    tokenizer = load_tokenizer(tiny.plan.model, messages=True).tokenizer

    for form, merge in (("adapter", False), ("merged", True)):
        exported = export_candidate(tiny.run, tmp_path / form, merge)
        assert exported.form == form and exported.folder == tmp_path / form
        plain = load_plainly(tmp_path / form, form)
        assert plain["logits"] == pytest.approx(ours, abs=0 if form == "adapter" else 1e-4)
        assert plain["text"] == "<|user|>tea<|assistant|>"
        assert (plain["eos"], plain["words"]) == (tokenizer.eos_token, len(tokenizer))
        kinds = {path.suffix for path in (tmp_path / form).rglob("*") if path.is_file()}
        assert kinds == {".json", ".safetensors", ".jinja"}


def test_a_model_all_of_whose_weights_were_trained_is_exported_whole(tmp_path: Path) -> None:
    tiny = trained(tmp_path, "full", learning_rate="0.001")
    exported = export_candidate(tiny.run, tmp_path / "out", merge=True)
    assert exported.form == "whole" and "no adapter to merge" in exported.notes[0]
    import_module("transformers").AutoModelForCausalLM.from_pretrained(str(tmp_path / "out"))


@pytest.mark.parametrize(
    "more",
    [{"target_modules": ["q_proj", "lm_head"]}, {"modules_to_save": ["lm_head"]}, {"trainable_token_indices": [5, 90]}],
    ids=["output layer", "whole output layer", "new tokens"],
)
def test_what_was_trained_beside_the_layers_is_in_adapter_and_merged_model(tmp_path: Path, more: dict[str, Any]) -> None:
    tiny = finished_with(tmp_path, **{"target_modules": ["q_proj"], **more})
    ours = logits_of(load_candidate(tiny.plan.model, tiny.run.adapter("1-sft")))
    merged = export_candidate(tiny.run, tmp_path / "merged", merge=True)
    assert merged.gap is not None and merged.gap < 1e-3
    assert load_plainly(merged.folder, "merged")["logits"] == pytest.approx(ours, abs=1e-3)


def test_a_merge_that_would_change_the_model_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    tiny = finished_with(tmp_path, tied=True, target_modules=["q_proj", "lm_head"])
    with pytest.raises(StageError, match="without --merge"):
        export_candidate(tiny.run, tmp_path / "out" / "merged", merge=True)
    assert not any((tmp_path / "out").iterdir())
    export_candidate(tiny.run, tmp_path / "out" / "adapter")


def test_nothing_is_overwritten(tiny: TinyRun, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(UsageError, match="nothing is overwritten"):
        export_candidate(tiny.run, tmp_path)
    with pytest.raises(UsageError, match="nothing is overwritten"):
        export_candidate(tiny.run, tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_a_run_that_is_not_finished_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"2-dpo.*not finished.*tunegate run"):
        export_candidate(make_tiny_run(tmp_path).run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command_prints_the_folder_and_in_json_what_it_holds(
    tiny: TinyRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ([str(tmp_path / "adapter")], [str(tmp_path / "merged"), "--merge", "--json"]):
        with pytest.raises(SystemExit) as stop:
            main(["export", str(tiny.run.path), *words])
        assert not stop.value.code
        shown = capsys.readouterr()
        if "--json" not in words:
            assert shown.out == f"{tmp_path / 'adapter'}\n" and "needs its base" in shown.err
    told = json.loads(shown.out)
    assert (told["form"], told["stage"], told["base"]) == ("merged", "1-sft", tiny.plan.model.label)
    assert told["gap"] < 1e-4 and "model.safetensors" in told["files"]


@pytest.mark.skipif(not CLI.is_file(), reason="the transformers command is not installed beside Python")
def test_a_merged_model_is_served(tiny: TinyRun, tmp_path: Path) -> None:
    model = export_candidate(tiny.run, tmp_path / "merged", merge=True).folder
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [str(CLI), "serve", str(model), "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    server = subprocess.Popen(serve, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        cache = ReplyCache(tmp_path / "replies.jsonl")
        client = Client(parse_endpoint(f"http://127.0.0.1:{port}#{model}"), cache, limits=Limits(patience_s=120))
        [reply] = client.ask([ask_user("Tea?", max_tokens=8)])
    finally:
        server.kill()
        server.wait()
    assert isinstance(reply, Reply), reply
