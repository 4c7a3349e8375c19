"""Trials of Hydra's own sweepers in our slots: all of them, in order, none told to a study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathpal import trackers
from mathpal.errors import MathpalError, RequestError
from mathpal.record import ending_in_order
from mathpal.screen import Screen
from mathpal.sweeps.board import Board
from mathpal.sweeps.composing import compose, experiment_of, prepare
from mathpal.sweeps.jobs import COMPLETE, FAILED, Ending, reason_of
from mathpal.sweeps.stock_report import directions_of, varying

if TYPE_CHECKING:
    from mathpal.sweeps.launcher import SlotLauncher

SECONDS_BETWEEN_LOOKS = 1.0


def launch_all(
    launcher: SlotLauncher, overrides: list[list[str]], first_number: int
) -> list[tuple[Any, Exception | None]]:
    """Run trials and return, in order, what each came to, or why it did not."""
    sweep, context = launcher.config, launcher.hydra_context
    first = experiment_of(compose(sweep, context, overrides[0], first_number))
    folder = Path(sweep.hydra.sweep.dir).absolute()
    executor = launcher.kept_executor(first, folder)
    group = trackers.group_of(folder) if "wandb" in first.tracking.report_to else None
    names = first.objectives
    board = Board(
        first.name,
        names,
        directions_of(sweep, names),
        len(overrides),
        executor.num_slots,
        Screen(),
    )
    points = [dict(text.partition("=")[::2] for text in texts) for texts in overrides]
    swept = varying(points)
    waiting = list(enumerate(zip(overrides, points, strict=True), start=first_number))
    ended: dict[int, Ending] = {}
    running = 0
    with ending_in_order(), board:
        try:
            while len(ended) < len(overrides):
                endings = executor.wait(SECONDS_BETWEEN_LOOKS) if running else []
                running -= len(endings)
                while waiting and running < executor.num_slots:
                    number, (texts, point) = waiting.pop(0)
                    board.started(number, {key: point[key] for key in swept if key in point})
                    try:
                        job = prepare(
                            sweep,
                            context,
                            texts,
                            number,
                            num_threads=executor.num_threads,
                            environment=trackers.of_sweep(group, number) if group else None,
                        )
                        executor.submit(job)
                        running += 1
                    except RequestError as error:
                        endings.append(Ending(number, FAILED, None, reason_of(error), 0.0))
                for e in endings:
                    ended[e.number] = e
                    board.finished(e.number, e.state, e.values, e.seconds, e.reason)
        except KeyboardInterrupt:
            executor.stop()
            raise
    return [_returned(ended[number]) for number in sorted(ended)]


def _returned(ending: Ending) -> tuple[Any, Exception | None]:
    if ending.state != COMPLETE:
        return None, MathpalError(f"trial {ending.number} {ending.state}: {ending.reason}")
    assert ending.values is not None
    return ending.values[0] if len(ending.values) == 1 else ending.values, None
