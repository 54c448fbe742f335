"""The checks of what the rows say, in the order in which they are shown; a check and a run make the same ones."""

from collections.abc import Mapping, Sequence

from evals.data.checks.balance import check_balance
from evals.data.checks.contradictions import check_alike, check_contradictions
from evals.data.checks.diversity import check_templates, check_topics
from evals.data.checks.near import check_near
from evals.data.checks.noise import check_noise
from evals.data.checks.offence import check_offence
from evals.data.checks.origin import check_synthetic
from evals.data.checks.personal import check_personal
from evals.data.checks.safety import check_safety
from evals.data.checks.secrets import check_secrets
from evals.data.checks.shortcuts import check_shortcuts
from evals.data.checks.weak import check_weak
from evals.data.examples import Example
from evals.data.facts import count_origins
from reports.records.data import Check


def check_contents(kept: Sequence[Example], columns: Mapping[int, Mapping[str, object]]) -> tuple[Check, ...]:
    """Check rows without defects.

    Args:
        kept: the rows.
        columns: all columns of a row, by the identity of its example.
    """
    pairs = [example for example in kept if example.kind == "preference"]
    return (
        check_contradictions(pairs),
        check_alike(pairs),
        check_weak(pairs, columns),
        *check_shortcuts(pairs),
        check_noise(kept),
        check_balance(kept),
        check_synthetic(*count_origins([columns[id(example)] for example in kept])),
        check_near(kept),
        check_templates(kept),
        check_topics(kept),
        check_secrets(kept),
        check_personal(kept),
        check_offence(kept),
        check_safety(kept, columns),
    )
