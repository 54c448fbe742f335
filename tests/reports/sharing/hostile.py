"""A run whose every text is hostile, for tests of what is shared."""

from typing import Final

from msgspec.structs import replace

from reports.contents import Contents, read_contents
from reports.records.gates import Deciding
from reports.rundir import RunDir
from reports.signoffs import Signed
from tests.reports.test_html_hostile import poisoned

MARKDOWN: Final = (
    "\n\n# Pwned\n| a | b |\n|---|---|\n</details>[x](javascript:alert(1)) ![i](http://e.vil/i.png) <http://e.vil> "
    "@octocat #12 GH-3 www.e.vil a@e.vil https://e.vil 0123abc ```\n~~~\n- [ ] x\n\n    indented"
)
SECRET: Final = "teapot-prompt-77"
"""Stands in prompts and answers only."""


def hostile_contents(run: RunDir, size: int = 0) -> Contents:
    """Return a run's contents with hostile texts in every field, `size` characters longer in prompts and answers."""
    contents = read_contents(run)
    parts = {name: poisoned(part) for name, part in contents._asdict().items() if name not in ("absent", "pending", "left_out")}
    changed = contents._replace(**parts)
    assert changed.gates is not None
    text = f"{changed.gates.because}{MARKDOWN}"
    item = Deciding(prompt_id="1", prompt=f"{text}{SECRET}{'x' * size}", baseline=text, candidate=text + "y" * size, note=text)
    results = tuple(
        replace(result, title=text, because=text, name=f"gate{position}", deciding=(item,))
        for position, result in enumerate(changed.gates.results)
    )
    return changed._replace(
        record=replace(changed.record, title=text, error=text, created_at="2026-11-20T21:45:00Z", finished_at=None),
        signed=(Signed(text, True, "unsigned", None, text),),
        gates=replace(changed.gates, because=text, next_step=text, not_tested=(text, "# heading", "- list"), results=results),
    )
