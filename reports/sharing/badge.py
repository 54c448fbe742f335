"""The verdict as an SVG badge for a README; it holds no text but our own."""

from typing import Final

from reports.contents import Contents

CHARACTER: Final = 6.6
"""Mean width of a character at 11 pixels; `textLength` sets the exact one."""
PADDING: Final = 8.0
COLOURS: Final = {"go": "#0f6b3a", "no-go": "#b3261e", "inconclusive": "#7a4d00", None: "#59626d"}
SIGNS: Final = {"go": "✓", "no-go": "✗", "inconclusive": "?", None: "–"}
LABEL: Final = "tunegate"

_BADGE: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-labelledby="badge-title">
  <title id="badge-title">{title}</title>
  <clipPath id="badge-shape"><rect width="{width}" height="20" rx="3"/></clipPath>
  <g clip-path="url(#badge-shape)">
    <rect width="{left}" height="20" fill="#333a42"/>
    <rect x="{left}" width="{right}" height="20" fill="{colour}"/>
  </g>
  <g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle" aria-hidden="true">
    <text x="{left_middle}" y="14" textLength="{left_text}" lengthAdjust="spacingAndGlyphs">{label}</text>
    <text x="{right_middle}" y="14" textLength="{right_text}" lengthAdjust="spacingAndGlyphs">{words}</text>
  </g>
</svg>
"""


def badge_of(contents: Contents) -> str:
    """Return the badge: verdict, and how many of the required gates pass; white on colours of contrast 5 to 1 and more."""
    gates = contents.gates
    verdict = gates.verdict if gates else None
    required = [result for result in gates.results if result.required] if gates else []
    passed = sum(result.state == "pass" for result in required)
    word = verdict or "no verdict"
    count = f", {passed} of {len(required)} gates" if required else ""
    return _drawn(f"{SIGNS[verdict]} {word}{count}", f"{LABEL}: {word}{count}", COLOURS[verdict])


def _drawn(words: str, title: str, colour: str) -> str:
    left_text, right_text = len(LABEL) * CHARACTER, len(words) * CHARACTER
    left, right = left_text + 2 * PADDING, right_text + 2 * PADDING
    return _BADGE.format(
        width=f"{left + right:.1f}",
        title=title,
        left=f"{left:.1f}",
        right=f"{right:.1f}",
        colour=colour,
        left_middle=f"{left / 2:.1f}",
        right_middle=f"{left + right / 2:.1f}",
        left_text=f"{left_text:.1f}",
        right_text=f"{right_text:.1f}",
        label=LABEL,
        words=words,
    )
