"""A run whose plan names another judge asks that one, and no reward model."""

from pathlib import Path

from msgspec.structs import replace

from evals.judges.choosing import parse_judge
from evals.judges.judging import judge_answers
from evals.suites import load_target
from reports.progress import ProgressLog
from reports.records.evaluation import Completion, Side
from tests.evals.tiny import build_tiny_model
from tests.evals.tiny_run import add_judge, make_run

RUBRIC = 'name = "short"\n[[criteria]]\nkind = "length-band"\noptions = { high = 2 }\n'


def test_the_judge_of_the_plan_is_asked_and_tried_on_the_held_out_pairs_of_the_run(tmp_path: Path) -> None:
    model = build_tiny_model(tmp_path / "tiny")
    run, plan = make_run(tmp_path, model, judge=True)
    add_judge(run, model)
    (tmp_path / "rubric.toml").write_text(RUBRIC)
    plan = replace(plan, judge=None, judged_by=parse_judge(f"rubric:{tmp_path / 'rubric.toml'}"))
    said: dict[Side, str] = {"baseline": "far too many words", "candidate": "Few words"}
    target = load_target(run)
    answers: dict[Side, dict[str, Completion]] = {
        side: {
            item.id: Completion(
                key=side, side=side, suite="target", prompt_id=item.id, prompt=str(item.prompt), completion=f"{text} {n}"
            )
            for n, item in enumerate(target)
        }
        for side, text in said.items()
    }

    judged = judge_answers(run, plan, None, target, answers, ProgressLog(run))

    assert judged.judge == "the rubric 'short'"
    assert {found.preference for found in judged.judgements.values()} == {1.0}
    accuracy = next(found for found in judged.instruments if found.name == "judge_accuracy")
    assert (accuracy.value, accuracy.ok) == (0.0, False)  # pairs of equally short answers: a rubric of length knows nothing there
