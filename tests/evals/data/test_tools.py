"""Definitions of tools: from the files to the splits, where the trainers find them."""

import json
from pathlib import Path

from evals.data.prepare import prepare
from evals.data.splits import read_split
from reports.progress import ProgressLog
from reports.records.plan import ModelRef
from reports.rundir import RunDir
from tests.evals.data.rows import demonstration, write_lines
from tests.evals.data.test_prepare import plan_for

TOOL = {"type": "function", "function": {"name": "brew", "parameters": {"type": "object"}}}


def prepared(folder: Path, model: ModelRef, with_tools: bool) -> list[dict[str, object]]:
    """Prepare dialogues of which the even ones define a tool, or none; return the split of demonstrations."""
    rows: list[dict[str, object]] = []
    for number in range(200):
        fields = demonstration(number)
        turns = [{"role": "user", "content": fields["prompt"]}, {"role": "assistant", "content": fields["completion"]}]
        rows.append({"messages": turns, **({"tools": [TOOL]} if with_tools and number % 2 == 0 else {})})
    source = write_lines(folder / "rows.jsonl", rows)
    run = RunDir.create(folder / "runs", "tools")
    prepare(run, plan_for(model, source, methods=("sft",), judge=False), ProgressLog(run))
    return read_split(run.split("sft_train"))


def test_splits_hold_the_tools_of_each_row_as_json(tmp_path: Path, chat_model: ModelRef) -> None:
    found = prepared(tmp_path, chat_model, with_tools=True)
    assert {row["tools"] for row in found} == {None, json.dumps([TOOL])}
    armed = [row for row in found if row["tools"]]
    assert armed and all("tools" not in str(row["prompt"]) for row in armed)


def test_splits_without_tools_have_no_column_for_them(tmp_path: Path, chat_model: ModelRef) -> None:
    assert all(set(row) == {"prompt", "completion"} for row in prepared(tmp_path, chat_model, with_tools=False))
