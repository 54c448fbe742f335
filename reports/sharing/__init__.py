"""A run in the forms that others read: JUnit, Markdown, a badge, a model card, an index and a comparison."""
