"""MLflow's SQLite store as a contestant, written to and read from as its users do."""

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run

from src.execution.job import Job

BATCH = 1000
"""MLflow takes no more metrics at once."""

PAGE = 1000


class MLflow:
    """One experiment; a run each, with parameters, and a metric for every curve."""

    def __init__(self, folder: Path) -> None:
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        self.file = folder / "mlflow.db"
        self.client = MlflowClient(f"sqlite:///{self.file}")
        self.experiment = self.client.create_experiment("study", str(folder / "artifacts"))

    def write(self, jobs: Sequence[Job], curves: dict[str, list[float]]) -> None:
        """Log in the largest batches that are allowed."""
        metrics = [
            Metric(name, value, 0, epoch)
            for name, values in curves.items()
            for epoch, value in enumerate(values)
        ]
        for job in jobs:
            run = self.client.create_run(self.experiment, run_name=job.id).info.run_id
            params = [Param(key, str(value)) for key, value in job.run.record().items()]
            for start in range(0, len(metrics), BATCH):
                self.client.log_batch(run, metrics[start : start + BATCH], () if start else params)
            self.client.set_terminated(run)

    def finished(self) -> int:
        """Search for the finished runs, page by page."""
        return len(self._runs())

    def timelines(self) -> pd.DataFrame:
        """Ask for the history of every metric of every run: no call of the client gives more."""
        frames = []
        for run in self._runs():
            columns = {}
            for name in run.data.metrics:
                history = self.client.get_metric_history(run.info.run_id, name)
                columns[name] = pd.Series({point.step: point.value for point in history})
            frame = pd.DataFrame(columns).rename_axis("epoch").reset_index()
            frame.insert(0, "run", run.info.run_name)
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def size(self) -> int:
        """Return the bytes of the database."""
        return self.file.stat().st_blocks * 512

    def _runs(self) -> list[Run]:
        found: list[Run] = []
        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment], "attributes.status = 'FINISHED'", 1, PAGE, page_token=token
            )
            found += page
            token = page.token
            if not token:
                return found


class MLflowInSQL:
    """The same database, read past the client by one query: nobody promises its schema."""

    def __init__(self, written: MLflow) -> None:
        self.size = written.size
        self.url = f"sqlite:///{written.file}"

    def finished(self) -> int:
        """List the runs that their table has as finished."""
        query = "SELECT run_uuid, name FROM runs WHERE status = 'FINISHED'"
        return len(pd.read_sql_query(query, self.url))

    def timelines(self) -> pd.DataFrame:
        """Read the table of metrics and turn it."""
        query = "SELECT name AS run, step AS epoch, key, value FROM runs NATURAL JOIN metrics"
        long = pd.read_sql_query(query, self.url)
        wide = long.pivot(index=["run", "epoch"], columns="key", values="value")
        return wide.rename_axis(columns=None).reset_index()
