"""`hydra/sweeper=grid`: the product of all swept values, validated before the first job starts."""

from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class GridSweeperConf:
    """Its settings: `params` are the experiment's swept keys, which the command line overrides."""

    _target_: str = "hydra_plugins.sweepscope.grid.GridSweeper"
    params: dict[str, Any] | None = field(default_factory=dict)


class GridSweeper(Sweeper):
    """Sweeps over a grid and reports it."""

    def __init__(self, params: dict[str, Any] | None = None) -> None:
        self.params = params or {}

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Take what Hydra hands over."""
        from hydra.core.plugins import Plugins

        self.hydra_context = hydra_context
        self.config = config
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run the grid that the experiment and the command line's words span."""
        from src.launch.sweep import sweep

        return sweep(self, arguments)


ConfigStore.instance().store(
    group="hydra/sweeper", name="grid", node=GridSweeperConf, provider="sweepscope"
)
