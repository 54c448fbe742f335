"""The two themes of the app: one accent, and state colours that always stand beside a sign and a word."""

from textual.theme import Theme

DARK = Theme(
    name="tunegate-dark",
    primary="#5cc8bd",
    secondary="#4a8f9c",
    accent="#5cc8bd",
    foreground="#d9dee3",
    background="#101418",
    surface="#171c22",
    panel="#1f262d",
    success="#86c98a",
    warning="#e3b567",
    error="#ec7f7a",
    dark=True,
    variables={
        "footer-key-foreground": "#5cc8bd",
        "input-selection-background": "#5cc8bd 30%",
        "button-color-foreground": "#101418",
        "border": "#3a4650",
        "border-blurred": "#2a333b",
        "scrollbar": "#2a333b",
        "scrollbar-background": "#101418",
        "scrollbar-hover": "#3a4650",
        "scrollbar-active": "#5cc8bd",
    },
)
LIGHT = Theme(
    name="tunegate-light",
    primary="#0f766e",
    secondary="#3f7f8c",
    accent="#0f766e",
    foreground="#22292f",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e9e6df",
    success="#2f7d3a",
    warning="#8f5f00",
    error="#b3332d",
    dark=False,
    variables={
        "footer-key-foreground": "#0f766e",
        "button-color-foreground": "#fbfaf7",
        "border": "#b9b4a8",
        "border-blurred": "#d5d0c5",
        "scrollbar": "#d5d0c5",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-active": "#0f766e",
    },
)
