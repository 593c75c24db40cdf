"""TensorBoard's event files: every folder that holds some is a run.

Owns how a run gets its configuration: the hyperparameters that TensorBoard's HParams plugin wrote
with it, where there are any, and otherwise none. Needs the package `tensorboard`, not TensorFlow.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.importing.tables import Frames
from src.errors import StoreError

HPARAMS = "_hparams_/session_start_info"


def read_events(folder: Path) -> Frames:
    """Read the scalars of all runs under a folder; a run is called by its path.

    Of a tag that was logged several times at a step, the last value counts. A run whose path is
    that of another and one folder more, as `add_hparams` makes, belongs to itself alone.

    Raises
    ------
    StoreError
        There is no event file, or the package is not installed.
    """
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ImportError:
        raise StoreError("tensorboard must be installed to read its event files") from None
    places = sorted({path.parent for path in folder.glob("**/events.out.tfevents.*")})
    if not places:
        raise StoreError(f"{folder} holds no event file of TensorBoard")
    rows, logs = [], []
    for place in places:
        events = EventAccumulator(str(place), size_guidance={"scalars": 0, "tensors": 0})
        events.Reload()
        run = place.relative_to(folder).as_posix()
        rows.append({"run": run, **_hyperparameters(events)})
        logs += [
            pd.DataFrame({"run": run, "epoch": event.step, "tag": tag, "value": event.value}
                         for event in events.Scalars(tag))
            for tag in events.Tags()["scalars"]
        ]  # fmt: skip
    long = pd.concat(logs) if logs else pd.DataFrame(columns=["run", "epoch", "tag", "value"])
    wide = long.groupby(["run", "epoch", "tag"])["value"].last().unstack("tag").reset_index()
    return pd.DataFrame(rows), wide.rename_axis(columns=None)


def _hyperparameters(events: Any) -> dict[str, Any]:
    from tensorboard.plugins.hparams import plugin_data_pb2

    content = events.summary_metadata.get(HPARAMS)
    if content is None:
        return {}
    data = plugin_data_pb2.HParamsPluginData.FromString(content.plugin_data.content)
    return {
        name: getattr(value, value.WhichOneof("kind"))
        for name, value in data.session_start_info.hparams.items()
    }
