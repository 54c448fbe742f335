"""Altair charts as inline SVG that follows the colours and fonts of the page around it."""

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Final, NamedTuple

from markupsafe import Markup

from reports.wording import visible

if TYPE_CHECKING:
    import altair

COLOURS: Final = {
    "ink": "#010203",
    "muted": "#020304",
    "grid": "#030405",
    "accent": "#040506",
    "second": "#050607",
    "pass": "#060708",
    "fail": "#070809",
    "unresolved": "#08090a",
    "broken": "#090a0b",
}
"""Stand-ins that a chart is drawn with; each becomes the style sheet's variable of that name."""

_STYLE: Final = {
    "background": "transparent",
    "font": "sans-serif",
    "padding": {"left": 2, "top": 2, "bottom": 2, "right": 36},
    "view": {"stroke": None},
    "axis": {
        "labelColor": COLOURS["ink"],
        "titleColor": COLOURS["muted"],
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "domain": False,
        "ticks": False,
        "gridColor": COLOURS["grid"],
        "labelPadding": 6,
    },
    "legend": {
        "symbolType": "stroke",
        "symbolSize": 200,
        "labelColor": COLOURS["ink"],
        "labelFontSize": 12,
        "title": None,
        "orient": "top",
        "symbolStrokeWidth": 2.5,
        "offset": 4,
    },
}


class Figure(NamedTuple):
    """A chart for the report with the figures it shows."""

    title: str
    description: str
    svg: Markup
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    """What the reader of the chart must know."""
    table_note: str = ""


def row_labels(titles: Sequence[str], widest: int = 200) -> "altair.Axis":
    """Return an axis of row titles that begin at the left edge; rows are keyed by `row_key`, up to `widest` pixels wide."""
    import altair as alt

    width = min(widest, 8 * max(len(title) for title in titles) + 12)
    return alt.Axis(
        labelExpr=f"slice(datum.label, {len(row_key(0, ''))})",
        labelAlign="left",
        labelPadding=width,
        labelLimit=width - 4,
        minExtent=width,
        maxExtent=width,
    )


def row_key(position: int, title: str) -> str:
    """Return a key that keeps rows apart and in order even where titles are equal."""
    return f"{position:04}{title}"


def draw(chart: "altair.TopLevelMixin", key: str, title: str, description: str) -> Markup:
    """Return the chart as inline SVG; `key` (letters and digits) makes its ids unique in the page."""
    import vl_convert

    specification = chart.to_dict(validate=False)
    specification["config"] = _STYLE
    return Markup(adapt(vl_convert.vegalite_to_svg(specification, allowed_base_urls=[]), key, title, description))  # noqa: S704


def adapt(svg: str, key: str, title: str, description: str) -> str:
    """Give an SVG unique ids, the page's colours, and a title and description for those who cannot see it."""
    svg = re.sub(r' (?:aria-[a-z]+|role|xmlns:xlink|version|font-family|class|pointer-events)="[^"]*"| opacity="1"', "", svg)
    svg = re.sub(r'<path d="(?:M0,0h[\d.]+v[\d.]+h-?[\d.]+Z)?"(?: display="none")?/>', "", svg)
    for position, name in enumerate(re.findall(r' id="([^"]+)"', svg)):
        svg = svg.replace(f' id="{name}"', f' id="chart-{key}-{position}"').replace(
            f"url(#{name})", f"url(#chart-{key}-{position})"
        )
    for name, stand_in in COLOURS.items():
        svg = svg.replace(stand_in, "currentColor" if name == "ink" else f"var(--{name})")
    names = f'role="img" aria-labelledby="chart-{key}-title chart-{key}-desc"'
    label = f'<title id="chart-{key}-title">{escape(visible(title))}</title>'
    label += f'<desc id="chart-{key}-desc">{escape(visible(description))}</desc>'
    return re.sub(r"<svg([^>]*)>", lambda found: f"<svg{found[1]} {names}>{label}", svg, count=1)
