"""Tests of the endpoint client."""
