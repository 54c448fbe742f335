"""Gates: from a metric to a decision."""
