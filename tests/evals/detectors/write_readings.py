"""Write what cross-validation makes of the labelled answers: `python -m tests.evals.detectors.write_readings`."""

from typing import get_args

from evals.detectors.refusal import Question, cross_validate, readings_key
from evals.detectors.shipped import write_readings
from evals.encoder import default_encoder


def main() -> None:
    """Read every labelled answer for both questions, with and without the sentence encoder."""
    encoders = (None, default_encoder())
    questions: tuple[Question, ...] = get_args(Question)
    write_readings({readings_key(one, encoder): cross_validate(one, encoder) for one in questions for encoder in encoders})


if __name__ == "__main__":
    main()
