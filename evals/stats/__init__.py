"""Statistics: intervals and tests with their sources."""
