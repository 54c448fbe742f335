"""Tests of the data checks: each finds its planted defect and is silent on clean rows."""
