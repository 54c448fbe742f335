"""Walks through the real app by keyboard, in a real terminal."""
