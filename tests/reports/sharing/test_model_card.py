"""The model card and the Hub's evaluation results."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import EvalResultEntry, ModelCard, parse_eval_result_entries
from msgspec.structs import replace

from reports.contents import Contents, read_contents
from reports.errors import UsageError
from reports.records.plan import ModelRef
from reports.rundir import RunDir, write_text
from reports.sharing.eval_results import eval_results_of, write_eval_results
from reports.sharing.model_card import is_on_hub, model_card_of
from tests.reports.conftest import RunFor
from tests.reports.sharing.hostile import SECRET, hostile_contents
from tests.reports.sharing.rendered import rendered, tags
from tests.reports.test_html_hostile import HOSTILE

REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def contents(go: RunDir) -> Contents:
    """Return a whole run."""
    return read_contents(go)


def named(contents: Contents, name: str, digest: str) -> Contents:
    """Return the contents with another base model."""
    assert contents.plan is not None
    model: ModelRef = replace(contents.plan.model, name=name, digest=digest)
    return contents._replace(plan=replace(contents.plan, model=model))


def metadata(card: ModelCard) -> dict[str, Any]:
    """Return what stands in the card's YAML."""
    data: Any = card.data
    found: dict[str, Any] = data.to_dict()
    return found


def test_the_card_loads_again_with_its_metadata_and_results(contents: Contents) -> None:
    card = ModelCard(model_card_of(contents))
    data: Any = card.data
    results = {result.metric_type: result for result in data.eval_results}

    assert (data.library_name, data.pipeline_tag) == ("peft", "text-generation")
    assert {"tunegate", "trl", "sft", "dpo"} <= set(data.tags)
    assert contents.metrics is not None
    for metric in contents.metrics.metrics:
        if metric.candidate.value is not None:
            assert results[metric.name].metric_value == pytest.approx(metric.candidate.value)
    assert card.content.rstrip("\n") == model_card_of(contents).rstrip("\n")


def test_the_base_model_is_named_only_where_it_is_one_of_the_hub(contents: Contents) -> None:
    on_hub = ModelCard(model_card_of(named(contents, "Qwen/Qwen3-0.6B", REVISION)))
    folder = ModelCard(model_card_of(named(contents, "models/qwen", "a" * 64)))

    assert metadata(on_hub)["base_model"] == "Qwen/Qwen3-0.6B"
    assert metadata(on_hub)["base_model_relation"] == "adapter"
    assert "base_model" not in metadata(folder)
    assert not is_on_hub(ModelRef(name="/home/a/model", label="model", digest=REVISION))


def test_the_verdict_the_gates_and_the_limits_are_in_the_card(contents: Contents) -> None:
    page = rendered(ModelCard(model_card_of(contents)).text)
    headings = [heading.text_content() for heading in page.iter("h2")]

    assert headings == ["May it ship?", "Training", "Data", "Results", "Limits", "Reproduction"]
    assert "✓ Go." in page.text_content()
    assert "Not tested: Languages other than English" in page.text_content()


def test_a_run_without_measurements_says_so(run_for: RunFor) -> None:
    card = ModelCard(model_card_of(read_contents(run_for("go", "train", "failed"))))

    assert "model-index" not in metadata(card)
    assert "Not measured: the run ended in training stage 2-dpo" in card.text


def test_answers_made_elsewhere_make_a_card_that_claims_no_training(contents: Contents) -> None:
    card = ModelCard(model_card_of(contents._replace(plan=None, stages=())))

    assert "library_name" not in metadata(card)
    on_hub = named(contents, "Qwen/Qwen3-0.6B", REVISION)._replace(stages=())
    assert not {"library_name", "base_model"} & set(metadata(ModelCard(model_card_of(on_hub))))
    assert "tuned from" not in card.text
    assert "fixed before training" not in card.text
    assert "fixed before training" in model_card_of(contents)


def test_hostile_text_changes_no_metadata_and_adds_no_element(go: RunDir, contents: Contents) -> None:
    hostile = hostile_contents(go)
    card, clean = ModelCard(model_card_of(hostile)), ModelCard(model_card_of(contents))
    page = rendered(card.text)

    assert set(metadata(card)) <= set(metadata(clean))
    assert tags(page) <= tags(rendered(clean.text))
    assert not page.xpath("//@href | //@src")
    assert "{{ 1000 * 1001 }}" in page.text_content()


@pytest.mark.parametrize(
    "title", ["", "---\nlicense: mit\n---", "a: b\n- [x]\n# {{", "\ud800\x00\u202e", "null", "1.0", "!!python/name:os.system x"]
)
def test_a_title_is_a_name_and_never_metadata(contents: Contents, title: str, tmp_path: Path) -> None:
    path = tmp_path / "README.md"
    write_text(path, model_card_of(contents._replace(record=replace(contents.record, title=title))))
    card = ModelCard.load(path)
    (model,) = yaml.safe_load(path.read_text("utf-8").split("---\n")[1])["model-index"]

    assert set(metadata(card)) == set(metadata(ModelCard(model_card_of(contents))))
    assert isinstance(model["name"], str)
    assert model["name"]


def test_hostile_names_of_metrics_stay_values_of_the_evaluation_results(contents: Contents, tmp_path: Path) -> None:
    assert contents.metrics is not None
    text = f"{HOSTILE}\n- dataset: {{id: x/y}}\n...\n---"
    metrics = tuple(replace(metric, name=text, title=text, unit=text) for metric in contents.metrics.metrics)
    hostile = contents._replace(metrics=replace(contents.metrics, metrics=metrics))
    for path in write_eval_results(hostile, "acme/probes", tmp_path):
        for entry in yaml.safe_load(path.read_text("utf-8")):
            assert set(entry) == {"dataset", "value", "date", "notes"}
            assert set(entry["dataset"]) == {"id", "task_id"}
            assert entry["dataset"]["id"] == "acme/probes"
            assert isinstance(entry["value"], float)


def test_no_prompt_reaches_the_card(go: RunDir) -> None:
    assert SECRET not in model_card_of(hostile_contents(go, size=1_000_000))


def test_evaluation_results_load_again_one_file_a_suite(contents: Contents, tmp_path: Path) -> None:
    paths = write_eval_results(contents, "acme/probes", tmp_path)
    entries: list[EvalResultEntry] = [e for p in paths for e in parse_eval_result_entries(yaml.safe_load(p.read_text("utf-8")))]
    by_task = {entry.task_id: entry for entry in entries}

    assert {path.parent.name for path in paths} == {".eval_results"}
    assert contents.metrics is not None
    assert {path.stem for path in paths} == {
        f"tunegate-{m.suite}" for m in contents.metrics.metrics if m.candidate.value is not None
    }
    refusal = next(metric for metric in contents.metrics.metrics if metric.name == "refusal")
    assert by_task["refusal"].value == pytest.approx(refusal.candidate.value)
    assert by_task["refusal"].dataset_id == "acme/probes"
    assert by_task["refusal"].date == "2026-11-20T21:59:52Z"
    assert f"n = {refusal.n}" in (by_task["refusal"].notes or "")


@pytest.mark.parametrize("name", ["probes", "a/b/c", "../x", "a/ b", ""])
def test_a_name_that_is_none_of_the_hub_is_refused(contents: Contents, name: str) -> None:
    with pytest.raises(UsageError, match="expected ORG/NAME"):
        eval_results_of(contents, name)
