"""`tunegate pairs` as its users and their scripts meet it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from selector.cli import main
from tests.test_import_hygiene import HEAVY, loaded_by


def call(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run `tunegate pairs` in this process; return exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as stop:
        main(("pairs", *map(str, words)))
    shown = capsys.readouterr()
    return int(stop.value.code or 0), shown.out, shown.err


def write(path: Path, rows: Sequence[object]) -> Path:
    """Write JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def shown(prompt: str, variant: str, clicks: object, impressions: object = 1000) -> dict[str, object]:
    """Return one row of an A/B log."""
    return {"prompt": prompt, "variant": variant, "impressions": impressions, "clicks": clicks}


def test_ab_builds_pairs_that_train_and_lists_what_it_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [shown("tea", "calm", 150), shown("tea", "loud", 80), shown("mug", "x", 510), shown("mug", "y", 490)]
    log, out = write(tmp_path / "log.jsonl", rows), tmp_path / "pairs.jsonl"
    code, text, _ = call(capsys, "ab", log, "--out", out)
    assert code == 0
    assert "1 pairs from 2 comparisons at 2 prompts" in text
    (pair,) = read(out)
    assert (pair["chosen"], pair["rejected"], pair["source"]) == ("calm", "loud", "a/b test log.jsonl")
    (refused,) = read(tmp_path / "pairs.rejected.jsonl")
    assert refused["refused"] == "pair"
    assert refused["p"] > 0.3
    assert refused["needed"] > 1000
    assert "too small" in refused["reason"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (shown("tea", "calm", 1001), "'clicks' is 1001, more than the 1000 of 'impressions'"),
        (shown("tea", "calm", -3), "'clicks' is -3, below 0"),
        (shown("tea", "calm", None), "'clicks' is missing"),
        (shown("tea", "calm", 1.5), "'clicks' is '1.5', not a whole number"),
        (shown("tea", "calm", "many"), "'clicks' is 'many', not a whole number"),
        (shown("tea", "calm", True), "'clicks' is 'True', not a whole number"),
        (shown("tea", "calm", 0, 0), "'impressions' is 0: this answer was never shown"),
        (shown("tea", " ", 5), "'variant' is empty"),
        ({"variant": "calm", "clicks": 1, "impressions": 2}, "'prompt' is missing"),
        (
            {"prompt": "tea", "a": "x", "b": "x", "clicks_a": 1, "impressions_a": 2, "clicks_b": 1, "impressions_b": 2},
            "same text",
        ),
        (["tea"], "not an object"),
    ],
)
def test_ab_refuses_a_bad_row_with_its_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: object, reason: str
) -> None:
    log = write(tmp_path / "log.jsonl", [shown("mug", "x", 100), row, shown("mug", "y", 50)])
    code, _, _ = call(capsys, "ab", log, "--out", tmp_path / "pairs.jsonl")
    (refused,) = read(tmp_path / "pairs.rejected.jsonl")
    assert (code, refused["refused"], refused["source"], refused["row"]) == (0, "row", "log.jsonl", 2)
    assert reason in refused["reason"]
    assert len(read(tmp_path / "pairs.jsonl")) == 1


def test_ab_reads_tables_with_two_answers_a_row_and_adds_rows_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    header = "prompt,a,b,clicks_a,impressions_a,clicks_b,impressions_b"
    (tmp_path / "log.csv").write_text(f"{header}\ntea,calm,loud,75,500,40,500\ntea,loud,calm,40,500,75,500\n")
    code, text, _ = call(capsys, "ab", tmp_path / "log.csv", "--out", tmp_path / "pairs.jsonl", "--json")
    (pair,) = read(tmp_path / "pairs.jsonl")
    assert (code, pair["clicks"], pair["impressions"]) == (0, [150, 80], [1000, 1000])
    assert json.loads(text)["accepted"] == 1


def test_ab_counts_every_row_of_every_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = write(tmp_path / "one.jsonl", [shown("tea", "calm", 150), shown("lonely", "only", 3), shown("lonely", "only", 4)])
    two = write(tmp_path / "two.jsonl", [shown("tea", "loud", 80), shown("tea", "loud", "?")])
    _, text, _ = call(capsys, "ab", one, two, "--out", tmp_path / "pairs.jsonl", "--json")
    found = json.loads(text)
    assert (found["rows"], found["rows_refused"], found["prompts"], found["comparisons"]) == (5, 3, 1, 1)
    lonely = [row["row"] for row in read(tmp_path / "pairs.rejected.jsonl") if "only one answer" in row["reason"]]
    assert lonely == [2, 3]


def test_ab_pairs_answers_to_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "tea?"}]
    rows = [{**shown("", "calm", 150), "prompt": asked}, {**shown("", "loud", 80), "prompt": asked}]
    bad = {**shown("", "calm", 1), "prompt": [{"role": "user"}]}
    log = write(tmp_path / "log.jsonl", [*rows, bad])
    code, _, _ = call(capsys, "ab", log, "--out", tmp_path / "pairs.jsonl")
    (pair,) = read(tmp_path / "pairs.jsonl")
    assert (code, pair["prompt"], pair["chosen"]) == (0, asked, [{"role": "assistant", "content": "calm"}])
    assert "not of messages" in read(tmp_path / "pairs.rejected.jsonl")[0]["reason"]


def test_ab_names_the_columns_it_expects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write(tmp_path / "log.jsonl", [{"question": "tea", "ctr": 0.1}])
    code, _, error = call(capsys, "ab", log, "--out", tmp_path / "pairs.jsonl")
    assert code == 2
    assert "the first has question, ctr. Name them prompt, variant, impressions, clicks" in error
    assert not (tmp_path / "pairs.jsonl").exists()


def test_a_source_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = write(tmp_path / "log.jsonl", [shown("tea", "calm", 1)])
    code, _, error = call(capsys, "ab", log, "--out", log)
    assert code == 2
    assert "would overwrite the source" in error
    assert len(read(log)) == 1


def test_built_pairs_are_read_as_training_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from evals.data.load import describe

    log = write(tmp_path / "log.jsonl", [shown("tea", "calm", 150), shown("tea", "loud", 80)])
    call(capsys, "ab", log, "--out", tmp_path / "pairs.jsonl")
    assert describe(str(tmp_path / "pairs.jsonl")).layout == "preference (text)"


def test_the_help_of_pairs_loads_nothing_heavy() -> None:
    assert loaded_by("import selector.commands.pairs") & HEAVY == set()


def vote(rater: str, choice: str, item: object = "1", **more: object) -> dict[str, object]:
    """Return one row of ratings."""
    return {"item": item, "prompt": f"tea {item}", "a": "calm", "b": "loud", "rater": rater, "choice": choice, **more}


def test_raters_builds_pairs_and_shows_a_table_of_raters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [vote("ann", "a"), vote("bob", "A"), vote("eve", "b"), vote("ann", "tie", 2), vote("bob", "b", 2)]
    file = write(tmp_path / "votes.jsonl", rows)
    code, text, _ = call(capsys, "raters", file, "--out", tmp_path / "pairs.jsonl")
    (pair,) = read(tmp_path / "pairs.jsonl")
    (refused,) = read(tmp_path / "pairs.rejected.jsonl")
    assert code == 0
    assert (pair["chosen"], pair["raters"], pair["chosen_votes"]) == ("calm", ["ann", "bob", "eve"], 2)
    assert (refused["refused"], refused["item"], refused["votes"]) == ("item", "2", {"tie": 1, "b": 1})
    assert "1 pairs from 2 items" in text
    assert "Krippendorff alpha" in text


def test_raters_vote_on_answers_to_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [{"role": "user", "content": "tea?"}]
    file = write(tmp_path / "votes.jsonl", [{**vote(rater, "b"), "prompt": asked} for rater in ("ann", "bob")])
    call(capsys, "raters", file, "--out", tmp_path / "pairs.jsonl")
    (pair,) = read(tmp_path / "pairs.jsonl")
    assert (pair["prompt"], pair["rejected"]) == (asked, [{"role": "assistant", "content": "calm"}])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (vote("ann", "a"), "'ann' has already voted on this item"),
        (vote("eve", "c"), "'choice' is 'c', not one of a, b, tie, both_bad"),
        (vote("eve", "a", time="noon"), "'time' is 'noon', neither seconds nor an ISO 8601 time"),
        (vote("", "a"), "'rater' is empty"),
        ({**vote("eve", "a"), "b": "other"}, "has another prompt or other answers in an earlier row"),
        ({**vote("eve", "a", 9), "b": "calm"}, "'a' and 'b' are the same text"),
    ],
)
def test_raters_refuses_a_bad_row_with_its_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: object, reason: str
) -> None:
    file = write(tmp_path / "votes.jsonl", [vote("ann", "a", time="2026-01-02T03:04:05Z"), row, vote("bob", "a", time=5)])
    call(capsys, "raters", file, "--out", tmp_path / "pairs.jsonl")
    (refused,) = read(tmp_path / "pairs.rejected.jsonl")
    assert refused["row"] == 2
    assert reason in refused["reason"]
    assert len(read(tmp_path / "pairs.jsonl")) == 1


def test_raters_leaves_out_who_fails_gold_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [vote(rater, "b" if rater == "eve" else "a", item) for item in range(9) for rater in ("ann", "bob", "eve")]
    file = write(tmp_path / "votes.jsonl", rows)
    gold = write(tmp_path / "gold.jsonl", [{"item": item, "choice": "a"} for item in range(8)])
    _, text, _ = call(capsys, "raters", file, "--gold", gold, "--out", tmp_path / "pairs.jsonl")
    (pair,) = read(tmp_path / "pairs.jsonl")
    assert pair["raters"] == ["ann", "bob"]
    assert "✗ left out: gold accuracy 0% of 8" in text
    _, text, _ = call(capsys, "raters", file, "--gold", gold, "--out", tmp_path / "pairs.jsonl", "--json")
    assert json.loads(text)["gold_items"] == 8


def test_degrade_adds_labelled_pairs_that_the_data_facts_recognise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from evals.data.facts import measure_data

    steps = "Warm the pot. Use 3 grams. Wait for 4 minutes."
    rows = [{"prompt": f"tea {n}?", "chosen": f"{steps} Cup {n}.", "rejected": f"BUY {n}!"} for n in range(8)]
    file, out = write(tmp_path / "real.jsonl", rows), tmp_path / "pairs.jsonl"
    code, text, _ = call(capsys, "degrade", file, "--out", out, "--json")
    found = json.loads(text)
    assert (code, found["real"], found["synthetic"], found["share"]) == (0, 8, 2, 0.2)
    facts = measure_data([str(out)])
    assert (facts.by_model, facts.by_people) == (2, 8)


def test_degrade_names_the_kinds_it_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, error = call(capsys, "degrade", "x.jsonl", "--kind", "salesy", "--out", tmp_path / "pairs.jsonl")
    assert code == 2
    assert "--kind salesy: not one of truncated, shuffled, facts-dropped, repeated, other-prompt" in error
