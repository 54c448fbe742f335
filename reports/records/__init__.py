"""The documents of a run, one module a subject; all are frozen structs with a schema version."""
