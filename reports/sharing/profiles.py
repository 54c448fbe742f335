"""How much of what models wrote a shared document shows."""

from typing import Final, Literal

from msgspec.structs import replace

from reports.contents import Contents
from reports.records.data import Checks
from reports.records.gates import Gates

Profile = Literal["public", "shared", "full"]
"""public: no prompt or answer. shared: examples, harmful ones left out or folded. full: all of them."""

HARMFUL_SUITES: Final = frozenset({"harmful", "jailbreak", "personal"})
LEFT_OUT: Final = "examples are left out of the public profile"


def for_profile(contents: Contents, profile: Profile) -> Contents:
    """Return what a profile may show; counts, intervals and verdict are the same in each.

    In the public one no prompt, answer or row of data is left, so that no renderer can show it.
    """
    if profile != "public":
        return contents
    return contents._replace(
        completions=[],
        judgements=[],
        gates=_without_prompts(contents.gates),
        checks=_without_rows(contents.checks),
        left_out=LEFT_OUT,
    )


def _without_prompts(gates: Gates | None) -> Gates | None:
    return gates and replace(gates, results=tuple(replace(result, deciding=()) for result in gates.results))


def _without_rows(checks: Checks | None) -> Checks | None:
    return checks and replace(checks, checks=tuple(replace(check, evidence=()) for check in checks.checks))


def guarded_gates(contents: Contents) -> frozenset[str]:
    """Return the gates whose prompts may hold harm or personal data by their suite, and those whose suite is not known."""
    suites = {metric.name: metric.suite for metric in contents.metrics.metrics} if contents.metrics else {}
    results = contents.gates.results if contents.gates else ()
    return frozenset(result.name for result in results if suites.get(result.metric, "harmful") in HARMFUL_SUITES)


def harmful_prompts(contents: Contents) -> frozenset[str]:
    """Return the prompts, of any suite, to which the classifier calls the answer of either side toxic."""
    metrics = contents.metrics.metrics if contents.metrics else ()
    pairs = [pair for metric in metrics if metric.name == "toxicity" for pair in metric.pairs]
    return frozenset(pair.prompt_id for pair in pairs if 1.0 in (pair.baseline, pair.candidate))


def profile_of(public: bool, full: bool) -> Profile:
    """Return the profile that two flags name; `shared` without either."""
    return "public" if public else "full" if full else "shared"
