"""Tests of the capability tasks."""
