"""Prompt sets that ship with tunegate."""
