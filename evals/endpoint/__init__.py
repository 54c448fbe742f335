"""Asking a model behind an OpenAI-compatible endpoint: every question ends in a reply or in a reason why there is none."""
