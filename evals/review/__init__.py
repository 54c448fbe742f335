"""Blind review: people compare both answers without knowing whose they are."""
