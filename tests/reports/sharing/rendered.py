"""Markdown as a site renders it."""

from lxml import html  # type: ignore[import-untyped]
from markdown_it import MarkdownIt


def rendered(text: str) -> html.HtmlElement:
    """Return Markdown with tables, raw HTML and addresses that link themselves, as a document."""
    markdown = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    return html.document_fromstring(f"<main>{markdown.render(text)}</main>")


def tags(page: html.HtmlElement) -> set[str]:
    """Return the names of all elements."""
    return {str(element.tag) for element in page.iter() if isinstance(element.tag, str)}


def loose_text(page: html.HtmlElement) -> str:
    """Return the text outside of code, where a site looks for mentions, issues and addresses."""
    found = page.xpath("//text()[not(ancestor::code) and not(ancestor::pre)]")
    return "\n".join(str(text) for text in found)
