"""`hydra/launcher=stacks`: whole batches of jobs, trained as stacks by worker processes.

Another task than ours, or a sweeper that does not hold the study, is launched job by job.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.config_store import ConfigStore
from hydra.core.utils import JobReturn


@dataclass
class StackLauncherConf:
    """Its settings."""

    _target_: str = "hydra_plugins.sweepscope.stacks.StackLauncher"


class StackLauncher(BasicLauncher):
    """Hands a batch to the task's stacked form."""

    stacked = True
    """Whether it asks the config's executor."""

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """Launch jobs and return one JobReturn each, in order."""
        if not hasattr(self.task_function, "stacked"):
            return super().launch(job_overrides, initial_job_idx)
        from src.launch.alone import is_of_grid
        from src.launch.batch import launch

        if not is_of_grid(self.config.hydra):
            return super().launch(job_overrides, initial_job_idx)

        return launch(self, job_overrides, initial_job_idx)


ConfigStore.instance().store(
    group="hydra/launcher", name="stacks", node=StackLauncherConf, provider="sweepscope"
)
