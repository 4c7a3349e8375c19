"""`hydra/launcher=ray`: warm actors of a Ray cluster, one a slot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hydra.core.config_store import ConfigStore

from mathpal.sweeps.launcher import SlotLauncher
from mathpal.sweeps.options import RayConf


class RayLauncher(SlotLauncher):
    """Run trials in warm actors of a Ray cluster."""

    hears_other_machines = True

    def executor(self, experiment: Any, folder: Path) -> Any:
        """Return what gives jobs to actors; the cluster is joined, or started."""
        from mathpal.sweeps import ray

        self.hears_other_machines = self.options["address"] is not None
        return ray.start(self.options, experiment.hardware)


ConfigStore.instance().store(group="hydra/launcher", name="ray", node=RayConf, provider="mathpal")
