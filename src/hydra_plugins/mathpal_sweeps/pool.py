"""`hydra/launcher=pool`: warm processes of this machine, one a device slot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from mathpal.sweeps.launcher import SlotLauncher
from mathpal.sweeps.options import PoolConf


class PoolLauncher(SlotLauncher):
    """Run trials in warm processes of this machine."""

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Begin to import what trials need."""
        super().setup(hydra_context=hydra_context, task_function=task_function, config=config)
        from mathpal.sweeps.pool import start_importing

        start_importing()

    def executor(self, experiment: Any, folder: Path) -> Any:
        """Return a pool, whose processes start with the first trials."""
        from mathpal.errors import RequestError
        from mathpal.sweeps.pool import Pool, slots

        minutes = self.options["timeout_minutes"]
        if minutes is not None and minutes <= 0:
            raise RequestError(
                f"hydra.launcher.timeout_minutes={minutes}: expected more than 0, or null"
            )
        hardware = experiment.hardware
        places = slots(
            self.options["slots"],
            device=hardware.device,
            num_processes=hardware.num_processes,
            num_threads=self.options["num_threads"] or hardware.num_threads,
        )
        return Pool(places, None if minutes is None else minutes * 60)


ConfigStore.instance().store(group="hydra/launcher", name="pool", node=PoolConf, provider="mathpal")
