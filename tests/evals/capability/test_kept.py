"""The questions that decided a gate of capability, with both answers beside each other."""

from msgspec.structs import replace

from evals.capability.kept import kept_answers
from evals.gates.decide import decide
from evals.gates.tasks import for_tasks
from evals.metrics.capability import capability
from reports.records.evaluation import Metrics
from reports.records.plan import GatePlan, TaskPlan
from tests.evals.capability.conftest import Tried


def test_a_question_that_was_lost_is_shown_with_both_answers(tried: Tried) -> None:
    task = TaskPlan(name="tunegate_facts", limit=24)
    metric = capability(tried.ask(task)[0])
    gate = GatePlan(name="capability", metric="capability", title="Capability", kind="inform", margin=0.0, required=False)
    tried.run.write(Metrics(metrics=(replace(metric, instruments=()),), generation_passes={}))

    gates = decide(tried.run, replace(tried.plan, tasks=(task,), gates=for_tasks((gate,), (task,))))

    shown = gates.results[0].deciding
    changed = [pair for pair in metric.pairs if pair.baseline != pair.candidate]
    assert changed and {one.prompt_id for one in shown} <= {pair.prompt_id for pair in changed}
    assert {one.note for one in shown} <= {"right → wrong", "wrong → right"}
    assert all(one.prompt.startswith("Question:") and one.baseline != one.candidate for one in shown)


def test_a_damaged_file_of_answers_is_left_out(tried: Tried) -> None:
    tried.ask(TaskPlan(name="tunegate_facts", limit=3))
    tried.run.task_result("tunegate_facts", "baseline").write_text("{")

    assert {answer.side for answer in kept_answers(tried.run)} == {"candidate"}
