"""One launch of a sweep: keep the slots busy until the study is over, and write what it came to."""

from __future__ import annotations

import shlex
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mathpal import trackers
from mathpal.config import Experiment
from mathpal.errors import Interrupted, MathpalError, RequestError
from mathpal.record import ending_in_order
from mathpal.report import sweep as report
from mathpal.screen import Screen
from mathpal.sweeps import records
from mathpal.sweeps.batches import Batches
from mathpal.sweeps.board import Board
from mathpal.sweeps.jobs import COMPLETE, FAILED, KILLED, Ending, Executor, Job, reason_of
from mathpal.sweeps.judge import INVITATION, Judge
from mathpal.sweeps.study import FOLDER, OVERRIDES, REASON, STARTED, Claimed, Study
from mathpal.sweeps.trials import line_of

SECONDS_BETWEEN_LOOKS = 1.0


@dataclass
class Launch:
    """The slots of one process at work on a study, which other launches may share."""

    folder: Path
    first: Experiment
    """One of the trials, for what they have in common."""
    study: Study
    executor: Executor
    prepare: Callable[..., Job]
    """(overrides, number, num_threads, environment) -> the trial, its folder written."""
    best: Callable[..., None]
    """(folder, line of the trial, words about it): write best.yaml."""
    host: str
    """The name by which trials reach this process."""
    max_failures: int
    retries_failed: bool
    """Whether trials that failed at an earlier launch run again."""
    seconds_to_live: float | None
    """Silence after which trials of other launches are taken up; None where there are none."""
    num_failed: int = field(default=0, init=False)
    """Trials that failed at this launch."""
    board: Board = field(init=False)
    judge: Judge = field(init=False)

    def __post_init__(self) -> None:
        self._shown: set[int] = set()
        self._endings: list[Ending] = []
        study = self.study
        self.board = Board(
            self.first.name,
            study.objectives,
            study.directions,
            study.num_trials,
            self.executor.num_slots,
            Screen(),
            live=not isinstance(self.executor, Batches),  # those trials have displays of their own
        )
        self.judge = Judge(self._hear, self.host)

    def run(self) -> None:
        """Run the trials that are to go.

        Raises: KeyboardInterrupt, or MathpalError where too many trials failed, or all.
        """
        try:
            with ending_in_order(), self.board, self._status(), self._signs():
                try:
                    self._take_up()
                    self._show_others()
                    if self.retries_failed:
                        self.study.retry_failed()
                    self._carry_out()
                    self._show_others()
                finally:
                    self._stop()
                self._require_a_best()
        finally:
            self._conclude()
        self.board.summary(self.folder, self._next_commands())

    def _carry_out(self) -> None:
        """Give every free slot the next trial, until all have ended here and at other launches."""
        running, looked = 0, 0.0
        while True:
            while running < self.executor.num_slots and (trial := self.study.claim()) is not None:
                running += self._submit(trial)
            if running == 0 and self.study.is_over():
                return
            self._endings += self.executor.wait(SECONDS_BETWEEN_LOOKS)
            running -= len(self._endings)
            self._tell_all()
            self._limit_failures()
            if self.seconds_to_live is not None:
                if time.monotonic() - looked > self.seconds_to_live / 4:
                    looked = time.monotonic()
                    self._take_up()
                if running == 0:
                    time.sleep(SECONDS_BETWEEN_LOOKS)  # other launches have the last trials

    def _stop(self) -> None:
        """Tell what has ended, let what runs end, and queue it again."""
        if self.study.is_running():
            self.board.note("stopping: running trials end after the step in progress")
        self._endings += self.executor.stop()
        self._tell_all()
        for number in self.study.release():
            (self.folder / str(number) / INVITATION).unlink(missing_ok=True)
        self.judge.close()

    def _limit_failures(self) -> None:
        if self.num_failed >= self.max_failures:
            reason = self.study.failed()[-1].user_attrs[REASON]
            raise MathpalError(
                f"{self.num_failed} trials failed, the last because: {reason}; mend that and run "
                "the same command with hydra.sweeper.retry_failed=true, or raise "
                f"hydra.sweeper.max_failures={self.max_failures}"
            )

    def _require_a_best(self) -> None:
        failed = self.study.failed()
        if failed and not self.study.best():
            raise MathpalError(
                f"no trial came to an end; the last failed because: "
                f"{failed[-1].user_attrs[REASON]}; mend that and run the same command with "
                "hydra.sweeper.retry_failed=true"
            )
        if not self.study.best():
            raise MathpalError("all trials were pruned: let the pruner wait longer, or choose none")

    @contextmanager
    def _signs(self) -> Iterator[None]:
        """Show other launches that this one is at work, also while it waits for a batch."""
        over = threading.Event()

        def give(seconds: float) -> None:
            while not over.wait(seconds):
                self.study.beat()

        if self.seconds_to_live is not None:
            self.study.beat()
            threading.Thread(target=give, args=(self.seconds_to_live / 4,), daemon=True).start()
        try:
            yield
        finally:
            over.set()

    def _submit(self, trial: Claimed) -> bool:
        """Start a trial; return False where its config is wrong, so that it has failed."""
        number = trial.number
        folder = self.folder / str(number)
        overrides = list(self.study.space.overrides(trial.parameters))
        self.study.note(number, **{FOLDER: str(folder), OVERRIDES: overrides, STARTED: time.time()})
        self._shown.add(number)
        self.board.started(number, trial.parameters)
        self.judge.invite(number, folder)
        environment = {}
        if "wandb" in self.first.tracking.report_to:
            environment = trackers.of_sweep(trackers.group_of(self.folder), number)
        try:
            job = self.prepare(
                overrides,
                number,
                num_threads=self.executor.num_threads,
                environment=environment,
            )
        except RequestError as error:
            self._tell(Ending(number, FAILED, None, reason_of(error)))
            return False
        self.executor.submit(job)
        return True

    def _tell_all(self) -> None:
        while self._endings:
            self._tell(self._endings[0])
            del self._endings[0]

    def _tell(self, ending: Ending) -> None:
        number = ending.number
        (self.folder / str(number) / INVITATION).unlink(missing_ok=True)
        state = self.study.tell(ending)
        if state is None:
            self.board.lost(number)
            self._shown.discard(number)
            return
        self.board.finished(number, state, ending.values, ending.seconds, ending.reason)
        if state == KILLED:
            self.board.note(f"trial {number}: its parameters are queued again")
        self.num_failed += state == FAILED
        self._write_trials()

    def _hear(self, number: int, step: int, num_steps: int, value: float | None) -> bool:
        self.board.progress(number, step, num_steps, value)
        return value is not None and self.study.report(number, step, value)

    def _take_up(self) -> None:
        for trial in self.study.recover(all_running=self.seconds_to_live is None):
            self.board.note(f"trial {trial.number}: its launcher is gone")
            (self.folder / str(trial.number) / INVITATION).unlink(missing_ok=True)

    def _show_others(self) -> None:
        """Show the trials of earlier launches, and of others that share the study."""
        others = [t for t in self.study.ended() if t.number not in self._shown]
        self._shown |= {trial.number for trial in others}
        for trial in others:
            line = line_of(trial, self.folder)
            state = line["state"]
            values = trial.values if state == COMPLETE else None
            self.board.earlier(trial.number, line["parameters"], state, values, line["seconds"])

    def _conclude(self) -> None:
        """Write the trials, the best of them and the report, whatever the sweep came to."""
        self._write_trials()
        best = [line_of(trial, self.folder) for trial in self.study.best()]
        if best:
            records.write_results(self.folder, best)
            self.best(self.folder, best[0], self._words(best[0]))
        report.write(self.folder)
        numbers = [line["number"] for line in best]
        others = [t for t in self.study.ended() if t.number not in numbers]
        lines = [*best, *(line_of(trial, self.folder) for trial in others)]
        trackers.log_sweep(self.first, self.folder, trackers.group_of(self.folder), lines)

    def _words(self, line: dict[str, Any]) -> str:
        """Say which trial best.yaml repeats."""
        values = line["objective"] if len(self.study.objectives) > 1 else [line["objective"]]
        pairs = zip(self.study.objectives, values, strict=True)
        which = "the best" if len(values) == 1 else "the first of the Pareto front"
        figures = ", ".join(f"{name} {value:.6g}" for name, value in pairs)
        return f"Trial {line['number']}, {which} of {len(self.study.ended())}: {figures}"

    def _write_trials(self) -> None:
        lines = [line_of(trial, self.folder) for trial in self.study.ended()]
        records.write_trials(self.folder, lines)

    def _next_commands(self) -> list[str]:
        here = Path.cwd()
        folder = self.folder.relative_to(here) if self.folder.is_relative_to(here) else self.folder
        commands = [f"mathpal report {shlex.quote(str(folder))}"]
        if self.study.best():
            commands.insert(0, f"train experiment={shlex.quote(str(folder / records.BEST))}")
        return commands

    @contextmanager
    def _status(self) -> Iterator[None]:
        """Note in sweep.json how the launch ended, whatever happens."""
        status: dict[str, Any] = {"status": "failed", "error": None}
        try:
            yield
            status["status"] = "done"
        except KeyboardInterrupt as error:
            status["status"] = "interrupted"
            ended = sum(t.state.is_finished() for t in self.study.counted())
            raise error from Interrupted(
                f"{ended} of {self.study.num_trials} trials have ended; the same command goes on "
                "from there"
            )
        except Exception as error:
            status["error"] = reason_of(error)
            raise
        finally:
            records.write_sweep(self.folder, {**status, "ended": records.moment(time.time())})
