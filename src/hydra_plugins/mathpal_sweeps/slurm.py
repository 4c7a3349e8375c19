"""`hydra/launcher=slurm`: each trial a job of SLURM."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore

from mathpal.sweeps.launcher import SlotLauncher
from mathpal.sweeps.options import SlurmConf


class SlurmLauncher(SlotLauncher):
    """Run trials as jobs of SLURM."""

    hears_other_machines = True

    def executor(self, experiment: Any, folder: Path) -> Any:
        """Return what puts jobs into the queue; none is there yet."""
        from mathpal.sweeps import slurm

        return slurm.start(self.options, experiment.hardware, folder)


ConfigStore.instance().store(
    group="hydra/launcher", name="slurm", node=SlurmConf, provider="mathpal"
)
