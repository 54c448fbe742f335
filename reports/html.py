"""The report of a run: one HTML file without script or network, written again from the run directory at any time."""

import shlex
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from reports.charts import axes_figure, evidence, gates_figure, ranking_figure, topics_figure
from reports.contents import Contents, StageContents, described, read_contents, samples_of, stage_words
from reports.curves import curve_figures
from reports.forecasts import COMPARED, besides_steps, forecast_rows, unpriced
from reports.glossary import GLOSSARY
from reports.headline import headline_of
from reports.masking import mask_text
from reports.records.evaluation import Metric
from reports.risks import risks_of
from reports.rollout import steps_of, watched
from reports.rundir import RunDir, write_text
from reports.seeds import seed_rows
from reports.sharing.profiles import guarded_gates, harmful_prompts
from reports.svg import Figure
from reports.wording import (
    METHODS,
    NOT_MEASURED,
    PARAMETERS,
    SIGNS,
    TELLING,
    baseline,
    change,
    duration,
    interval,
    margin,
    moment,
    number,
    sentence_case,
    setting,
    state_of,
    visible,
    words,
)

if TYPE_CHECKING:
    import jinja2

SAMPLES: Final = 12
NOTABLE: Final = frozenset({"alarm", "warning", "early_stopped", "run_resumed", "run_stopped", "run_failed"})


def write_report(run: RunDir) -> Path:
    """Write `report.html` for a run in any state and return its path.

    Parts the run has not reached, or that cannot be read, are shown as not measured with the reason. Raises
    SchemaError or MissingError where `run.json` itself is unreadable, StorageError when the disk refuses.
    """
    write_text(run.report, render(read_contents(run)))
    return run.report


def render(contents: Contents, samples: int = SAMPLES) -> str:
    """Return the report as HTML with at most `samples` target prompts."""
    return environment().get_template("report.html.j2").render(view_of(contents, samples))


def environment() -> "jinja2.Environment":
    """Return the template environment: everything is escaped, unseen characters are named, undefined names are errors."""
    import jinja2

    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    found.filters.update(
        number=number,
        change=change,
        interval=interval,
        signed_interval=partial(interval, signed=True),
        margin=margin,
        evidence=evidence,
        duration=duration,
        setting=setting,
        words=words,
        sentence_case=sentence_case,
        moment=moment,
        state_of=state_of,
        baseline=baseline,
        method_words=lambda method: METHODS.get(method, method),
        parameters_words=lambda name: PARAMETERS.get(name, name),
        stage_words=stage_words,
        command=command_line,
        masked=mask_text,
    )
    return found


def shown(value: object) -> object:
    """Return what a template prints for a value: text made visible, an absent value as `not measured`."""
    if value is None:
        return NOT_MEASURED
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def command_line(argv: Sequence[str]) -> str:
    """Return a command as a shell reads it; `~` stays the home folder."""
    return " ".join(f"~/{shlex.quote(word[2:])}" if word.startswith("~/") and word[2:] else shlex.quote(word) for word in argv)


def view_of(contents: Contents, samples: int = SAMPLES) -> dict[str, Any]:
    """Return everything the templates name."""
    recommendation, gates = contents.recommendation, contents.gates
    held = described(contents.profile) if contents.profile else []
    forecasts = forecast_rows(contents)
    return {
        "c": contents,
        "record": contents.record,
        "headline": headline_of(contents),
        "signs": {**SIGNS, "warn": "!", "skipped": "–"},
        "contents": held,
        "topics": topics_figure(held[0][1].topics) if held and held[0][1].topics else None,
        "axes": axes_figure(recommendation) if recommendation else None,
        "ranking": ranking_figure(recommendation) if recommendation else None,
        "gates_figure": gates_figure(gates.results) if gates and gates.results else None,
        "stages": [(stage, _figures(stage)) for stage in contents.stages],
        "forecasts": forecasts,
        "telling": TELLING,
        "glossary": GLOSSARY,
        "compared": COMPARED if forecasts else frozenset(),
        "besides_steps": besides_steps(contents),
        "unpriced": unpriced(contents),
        "notable": [event for event in contents.events if event.kind in NOTABLE],
        "samples": samples_of(contents, samples),
        "guarded": guarded_gates(contents),
        "harmful": harmful_prompts(contents),
        "risks": risks_of(contents),
        "rollout": steps_of(contents),
        "watched": watched(contents),
        "loose_metrics": _loose_metrics(contents),
        "seed_names": [f"Seed {run.seed}" for run in contents.seeds.runs] if contents.seeds else [],
        "seed_rows": seed_rows(contents.seeds) if contents.seeds else [],
    }


def _figures(stage: StageContents) -> list[Figure]:
    return curve_figures(stage.name, stage.points)


def _loose_metrics(contents: Contents) -> list[Metric]:
    """Return the metrics that no gate shows."""
    gated = {result.metric for result in contents.gates.results} if contents.gates else set()
    return [metric for metric in contents.metrics.metrics if metric.name not in gated] if contents.metrics else []
