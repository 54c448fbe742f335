"""Every error a person can meet: what happened, the value seen, the next step, and an exit code."""

from typing import ClassVar, Final

EXIT_GO: Final = 0
EXIT_NO_GO: Final = 1
EXIT_USAGE: Final = 2
EXIT_MISSING: Final = 3
EXIT_STAGE: Final = 4
EXIT_INCONCLUSIVE: Final = 5
EXIT_INTERRUPTED: Final = 130

VERDICT_EXITS: Final = {"go": EXIT_GO, "no-go": EXIT_NO_GO, "inconclusive": EXIT_INCONCLUSIVE}


class TunegateError(Exception):
    """A failure with a paragraph for the person who met it.

    The message says what happened, shows the value seen and names the next step.
    """

    exit_code: ClassVar[int] = EXIT_STAGE
    code: ClassVar[str] = "stage-failed"


class UsageError(TunegateError):
    """The command, a flag or a configuration file cannot be used as given."""

    exit_code = EXIT_USAGE
    code = "usage"


class DataError(TunegateError):
    """An input file cannot be read as training data; the message names file and row."""

    exit_code = EXIT_USAGE
    code = "bad-data"


class SchemaError(TunegateError):
    """A document was written by a newer tunegate, or is not the document its name promises."""

    exit_code = EXIT_USAGE
    code = "schema"


class MissingError(TunegateError):
    """A model, file, extra, device or key that the work needs is not there."""

    exit_code = EXIT_MISSING
    code = "missing"


class StorageError(TunegateError):
    """The disk refused a write; everything written before is intact."""

    exit_code = EXIT_MISSING
    code = "storage"


class StageError(TunegateError):
    """A stage of a run failed; the run can be resumed after the cause is mended."""

    exit_code = EXIT_STAGE
    code = "stage-failed"


class BlockedError(TunegateError):
    """A blocking data check failed, so nothing was trained."""

    exit_code = EXIT_NO_GO
    code = "blocked"


class InterruptedRunError(TunegateError):
    """The run was stopped on request; a checkpoint is on disk."""

    exit_code = EXIT_INTERRUPTED
    code = "interrupted"
