"""Training data: loading, layouts, checks, splits."""
