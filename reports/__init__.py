"""What a run says: its records, its directory and its rendering."""

__distribution__ = "tunegate"
