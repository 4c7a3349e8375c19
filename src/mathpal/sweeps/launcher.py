"""What mathpal's launchers have in common: trials in slots, each started when one is free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from mathpal.sweeps.stock_report import AT_END


class SlotLauncher(Launcher):
    """Carry out trials of mathpal by an executor, which a subclass names."""

    hears_other_machines = False
    """Whether trials may run elsewhere, so that the sweep listens to other machines."""

    def __init__(self, **options: Any) -> None:
        self.options = {
            key: OmegaConf.to_container(value) if OmegaConf.is_config(value) else value
            for key, value in options.items()
        }

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what Hydra gives.

        Raises: RequestError in a program other than mathpal, whose trials these are not.
        """
        from mathpal.errors import RequestError

        if task_function.__module__ != "mathpal.cli":
            raise RequestError(
                f"hydra/launcher: {type(self).__name__} runs mathpal's own trials only; "
                "choose basic or joblib"
            )
        self.config = config
        self.hydra_context = hydra_context
        self._kept: Any = None

    def executor(self, experiment: Any, folder: Path) -> Any:
        """Return the `mathpal.sweeps.jobs.Executor` for trials like `experiment`.

        Raises: RequestError.
        """
        raise NotImplementedError

    def kept_executor(self, experiment: Any, folder: Path) -> Any:
        """Return the executor of all batches of a sweep, which the end of the sweep closes.

        Raises: RequestError.
        """
        if self._kept is None:
            self._kept = self.executor(experiment, folder)
            AT_END.callback(self._kept.close)
        return self._kept

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Run the trials of one of Hydra's own sweepers, and return when all have ended."""
        from mathpal.sweeps.plain import launch_all

        endings = launch_all(self, [list(o) for o in job_overrides], initial_job_idx)
        returns = []
        for overrides, (value, error) in zip(job_overrides, endings, strict=True):
            done = JobReturn(overrides=list(overrides))
            done.status = JobStatus.COMPLETED if error is None else JobStatus.FAILED
            done.return_value = value if error is None else error
            returns.append(done)
        return returns
