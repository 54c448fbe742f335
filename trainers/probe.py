"""The process that probes a model: `python -P -m trainers.probe REQUEST.json` writes its result beside the request."""

import logging
import os
import stat
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from reports.errors import EXIT_INTERRUPTED, EXIT_STAGE, TunegateError, UsageError
from reports.progress import ProgressLog
from reports.records.probe import ProbeFailure, ProbeRequest
from reports.rundir import RunDir, read_document, write_document
from trainers.launch import set_up_process

REQUEST: Final = "request.json"
RESULT: Final = "result.json"
FAILURE: Final = "failure.json"

log = logging.getLogger("tunegate")


def main(argv: Sequence[str]) -> int:
    """Probe as the request says; what a person can mend ends in `failure.json`, everything else in the log alone."""
    if len(argv) != 1:
        print("usage: python -P -m trainers.probe REQUEST.json", file=sys.stderr)
        return UsageError.exit_code
    path = Path(argv[0])
    try:
        probe(path)
    except TunegateError as error:
        write_document(path.with_name(FAILURE), ProbeFailure(code=error.code, message=str(error)))
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception:
        log.exception("The probe ended by an error.")
        return EXIT_STAGE
    return 0


def probe(request: Path) -> None:
    """Measure, with progress beside the request, and write the result last."""
    from evals.probing.probe import probe_model

    progress = ProgressLog(RunDir(request.parent))
    write_document(request.with_name(RESULT), probe_model(read_document(request, ProbeRequest), progress))


def end_with_parent() -> None:
    """End this process as soon as the one that started it is gone: its end of our standard input then closes."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    while os.read(0, 1):
        pass
    os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    set_up_process()
    end_with_parent()
    sys.exit(main(sys.argv[1:]))
