"""Keeping the checkpoint with the lowest loss on new rows, to return to when the stage learns by heart."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import TrainerCallback


def best_kept_callback() -> "TrainerCallback":
    """Return the callback that saves at every evaluation and never lets the best of these checkpoints go.

    What is best lies in the trainer's own state, so that a resumed stage knows it.
    """
    from transformers import TrainerCallback

    class BestKeptCallback(TrainerCallback):  # type: ignore[misc]  # transformers has no types here
        """Names the best checkpoint to the trainer, which deletes older ones around it."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            control.should_save = control.should_save or control.should_evaluate

        def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, float], **_: Any) -> None:
            loss = metrics.get("eval_loss")
            if loss is not None and state.global_step and (state.best_metric is None or loss < state.best_metric):
                state.best_metric = loss
                state.best_model_checkpoint = str(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    return BestKeptCallback()
