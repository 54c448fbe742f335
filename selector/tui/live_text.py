"""What the live screen says: stages, the progress bar with its estimate, and how a run ended."""

from collections.abc import Sequence
from typing import Final

from textual.content import Content

from reports.records.run import Progress
from reports.wording import duration, visible
from selector.tui.drawing import share_bar, tinted
from selector.tui.following import StageRow, View, eta_seconds
from selector.tui.wording import STATUSES, STYLES, VERDICTS, clock, percent

QUIET, ACCENT = STYLES["quiet"], STYLES["accent"]
ROOMY: Final = 84
"""Cells from which the pace fits beside the bar."""
TONES: Final = {"!": "text-warning", "✗": "text-error", "✓": "text-success"}


def stage_strip(stages: Sequence[StageRow]) -> Content:
    """Return the stages in one line."""
    return Content.styled(" ─ ", "$border").join(_stage(stage) for stage in stages)


def stage_column(stages: Sequence[StageRow]) -> Content:
    """Return the stages one below the other, with how long each took."""
    return Content("\n").join(
        _stage(stage)
        + Content.styled(f"\n  {duration(stage.seconds) if stage.seconds is not None else STATUSES[stage.state].word}", QUIET)
        for stage in stages
    )


def progress_line(view: View, width: int) -> Content:
    """Return the bar of the running stage with share, count, elapsed time and estimate."""
    progress = view.progress
    if progress is None:
        return Content.styled("Starting …", QUIET)
    count = f"{progress.done:,}{f'/{progress.total:,}' if progress.total else ''} {progress.unit}"
    parts = [Content.styled(visible(progress.title), "bold")]
    tail = [Content.styled(count, QUIET), Content.styled(_times(progress), QUIET)]
    pace = next((curves.tokens_per_second for curves in view.curves if view.record.stage == f"train/{curves.stage}"), None)
    if pace and width >= ROOMY:
        tail.append(Content.styled(f"{pace:,.0f} tokens/s", QUIET))
    if progress.memory_gib is not None and width >= ROOMY:
        tail.append(Content.styled(f"{progress.memory_gib:.1f} GiB", QUIET))
    if progress.total:
        share = min(1.0, progress.done / progress.total)
        tail.insert(0, Content.styled(f"{percent(share):>5}", "bold"))
        room = width - sum(part.cell_length + 2 for part in (*parts, *tail))
        if room >= 6:
            parts.append(tinted(share_bar(share, min(room, 60)), ACCENT))
    return Content("  ").join([*parts, *tail])


def outcome(view: View, where: str) -> Content | None:
    """Return how the run ended and what can be done now; None while it goes on."""
    sign = STATUSES[view.state]
    record = view.record
    match view.state:
        case "done":
            verdict = VERDICTS[record.verdict]
            return Content.assemble(
                ("Finished", "bold"),
                (f" in {duration(sum(record.seconds.values()))}.  Verdict: ", QUIET),
                verdict.content,
                (".  g shows why, o opens the report.", QUIET),
            )
        case "failed":
            return Content.assemble(
                (f"{sign.text}: ", STYLES[sign.tone]),
                (visible(record.error or "no reason was given"), ""),
                ("  c continues from what is finished.", QUIET),
            )
        case "stopped":
            return Content.assemble(sign.content, (". c continues from the last checkpoint.", QUIET))
        case "vanished":
            words = f"! The process is gone (killed, or out of memory) in {record.stage or 'its start'}. "
            return Content.assemble(
                (words, STYLES["bad"]), (f"Nothing finished is lost; c continues, or `tunegate run {where}`.", QUIET)
            )
    return None


def tone_of(line: str) -> str:
    """Return the theme's colour for a line of the log; empty for plain ones."""
    mark = line[9:10] if line[2:3] == line[5:6] == ":" else ""
    return TONES.get(mark, "")


def _times(progress: Progress) -> str:
    eta = eta_seconds(progress)
    passed = clock(progress.updated_at - progress.started_at)
    return f"{passed}{f', {clock(eta)} left' if eta is not None else ''}"


def _stage(stage: StageRow) -> Content:
    sign = STATUSES[stage.state]
    style = f"{STYLES[sign.tone]} bold" if stage.state == "running" else STYLES[sign.tone]
    return Content.styled(f"{sign.mark} {stage.title}", style)
