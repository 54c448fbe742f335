"""What both sides answered to the tasks, as the prompts that decided a gate are shown."""

from reports.errors import SchemaError
from reports.records.capability import TaskResult
from reports.records.evaluation import Completion
from reports.rundir import RunDir, read_document


def kept_answers(run: RunDir) -> list[Completion]:
    """Return the answers to all tasks of a run under the ids that its metrics have; a damaged file is left out."""
    found = []
    for path in run.task_results():
        try:
            found.append(read_document(path, TaskResult))
        except SchemaError:
            continue
    return [
        Completion(
            key=result.key,
            side=result.side,
            suite="tasks",
            prompt_id=f"{result.task}/{answer.doc_id}",
            prompt=answer.prompt,
            completion=answer.completion,
            family=answer.family,
        )
        for result in found
        for answer in result.answers
    ]
