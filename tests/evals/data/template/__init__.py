"""The template doctor."""
