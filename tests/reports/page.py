"""A rendered report as tests read it."""

from collections import Counter

from lxml import html  # type: ignore[import-untyped]

BLOCKS = frozenset({"td", "th", "tr", "dt", "dd", "p", "li", "div", "small", "summary", "caption", "h1", "h2", "h3", "br"})


def spoken(element: html.HtmlElement) -> str:
    """Return an element's text with a space around each block."""
    if not isinstance(element.tag, str):
        return ""
    inner = (element.text or "") + "".join(spoken(child) + (child.tail or "") for child in element)
    return f" {inner} " if element.tag in BLOCKS else inner


class Page:
    """A parsed report with the questions that tests ask of it."""

    def __init__(self, text: str) -> None:
        self.source = text
        self.root = html.document_fromstring(text)

    def all(self, path: str) -> list[html.HtmlElement]:
        """Return the elements at an XPath."""
        found = self.root.xpath(path)
        return [element for element in found if isinstance(element, html.HtmlElement)]

    def text(self, path: str = "//body") -> str:
        """Return the text at an XPath as it is read: blocks apart, white space folded."""
        return " ".join("".join(spoken(element) for element in self.all(path)).split())

    def tags(self) -> Counter[str]:
        """Return how often each element occurs."""
        return Counter(str(element.tag) for element in self.root.iter() if isinstance(element.tag, str))

    def attributes(self, name: str) -> list[str]:
        """Return all values of an attribute."""
        return [str(value) for value in self.root.xpath(f"//@{name}")]
