"""Trials by any launcher of Hydra's, a batch at a time: the next begins when the last has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from hydra.core.utils import JobReturn, JobStatus

from mathpal.errors import Pruned
from mathpal.sweeps.jobs import FAILED, PRUNED, Ending, Job, judge, reason_of


class Batches:
    """Carry out trials by `launch`, which takes overrides and returns when all have ended."""

    def __init__(
        self,
        launch: Callable[[Sequence[Sequence[str]]], Sequence[JobReturn]],
        objectives: Sequence[str],
        num_slots: int,
    ) -> None:
        self.num_slots = num_slots
        self.num_threads: int | None = None
        self._launch = launch
        self._objectives = list(objectives)
        self._batch: list[Job] = []

    def submit(self, job: Job) -> None:
        """Keep a trial for the next batch."""
        self._batch.append(job)

    def wait(self, seconds: float) -> list[Ending]:
        """Run the batch, however long it takes."""
        batch, self._batch = self._batch, []
        if not batch:
            return []
        begun = time.monotonic()
        returns = self._launch(
            [
                [*job.overrides, f"hydra.sweep.subdir={job.folder.name}", *_environment(job)]
                for job in batch
            ]
        )
        each = (time.monotonic() - begun) / len(batch)
        return [
            self._ending(job.number, done, each) for job, done in zip(batch, returns, strict=True)
        ]

    def stop(self) -> list[Ending]:
        """Return nothing: an interruption has ended the batch."""
        return []

    def close(self) -> None:
        """Hold nothing to give back."""

    def _ending(self, number: int, done: JobReturn, seconds: float) -> Ending:
        returned: Any = done._return_value
        if done.status == JobStatus.COMPLETED:
            values = returned if isinstance(returned, list) else [returned]
            return judge(number, self._objectives, values, seconds)
        if isinstance(returned, Pruned):
            return Ending(number, PRUNED, None, str(returned), seconds)
        return Ending(number, FAILED, None, reason_of(returned), seconds)


def _environment(job: Job) -> list[str]:
    """Write the environment of a trial as overrides, for Hydra to set."""
    return [f"+hydra.job.env_set.{key}='{value}'" for key, value in job.environment.items()]
