"""`hydra/sweeper=search`: Optuna's searches and plain grids that resume, prune and report."""

from __future__ import annotations

import logging
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from mathpal.sweeps.options import PRUNERS, SearchConf


class SearchSweeper(Sweeper):
    """Stand for the search, which is imported when a sweep starts."""

    def __init__(self, **options: Any) -> None:
        self.options = options

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Make the search ready; a pool begins to import while Optuna is imported here."""
        Plugins.instance().instantiate_launcher(
            config=config, hydra_context=hydra_context, task_function=task_function
        )
        logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of its own plugins
        from mathpal.sweeps.search import Search

        self.search = Search(**self.options)
        self.search.setup(hydra_context=hydra_context, task_function=task_function, config=config)

    def sweep(self, arguments: list[str]) -> None:
        """Run it."""
        self.search.sweep(arguments)


_store = ConfigStore.instance()
_store.store(group="hydra/sweeper", name="search", node=SearchConf, provider="mathpal")
for _name, _node in PRUNERS.items():
    _store.store(group="hydra/sweeper/pruner", name=_name, node=_node, provider="mathpal")
