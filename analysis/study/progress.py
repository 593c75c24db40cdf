"""How far the command is that trains a study.

Owns what can be told from the files alone, so that nobody who trains is asked or held up: the
history's last entry, the folders that are open, and the checkpoints in them.
"""

from calendar import timegm
from dataclasses import dataclass
from pathlib import Path
from time import strptime, time

from src.errors import StoreError
from src.storage.run_folder import CHECKPOINT, RECORD, UNFINISHED, has_ended
from src.storage.store import read_checkpoint
from src.storage.study import run_folders
from src.storage.study_files import read_history


@dataclass(frozen=True)
class Progress:
    """How far the last command on a study is.

    Attributes
    ----------
    planned, reused : runs that it was asked for, and those of them that were there before
    done, failed : runs that ended since it began, with a result and without
    running : folders of runs that have begun and not ended
    share : of the running runs that is trained, in runs
    seconds : since it began
    quiet : seconds since the last file of a run was written
    ended : whether the command has ended
    """

    planned: int
    reused: int
    done: int
    failed: int
    running: tuple[Path, ...]
    share: float
    seconds: float
    quiet: float
    ended: bool

    @property
    def left(self) -> float | None:
        """Seconds that the rest takes at the pace so far; None where there is no pace yet."""
        trained = self.done + self.failed + self.share
        rest = self.planned - self.reused - trained
        return self.seconds / trained * max(rest, 0.0) if trained > 0 else None

    def __str__(self) -> str:
        waiting = self.planned - self.reused - self.done - self.failed - len(self.running)
        parts = [f"{self.done + self.reused:,} of {self.planned:,} runs done"]
        parts += [f"{len(self.running):,} running"]
        parts += [f"{waiting:,} waiting"] if waiting > 0 else []
        parts += [f"{self.failed:,} failed or stopped"] if self.failed else []
        left = "time left not known yet" if self.left is None else f"about {_span(self.left)} left"
        return f"{', '.join(parts)}; {left}. Last file written {_span(self.quiet)} ago."


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def progress(study: Path) -> Progress:
    """Say how far the last command on a study is.

    Raises
    ------
    StoreError
        No command has begun on it, or its history is damaged.
    """
    history = read_history(study)
    if not history:
        raise StoreError(f"{study} has no history: no command has begun on it")
    last = history[-1]
    began = timegm(strptime(str(last.get("started")), "%Y-%m-%dT%H:%M:%SZ"))
    done = failed = 0
    share, newest = 0.0, float(began)
    running = []
    for folder in run_folders(study):
        result, failure, kept = (_time(folder / n) for n in (RECORD, UNFINISHED, CHECKPOINT))
        newest = max(newest, result, failure, kept)
        done += result >= began
        failed += failure >= began and not result
        if not has_ended(folder):
            running.append(folder)
            share += _share(folder)
    return Progress(
        planned=int(last.get("planned") or 0),
        reused=int(last.get("reused") or 0),
        done=done,
        failed=failed,
        running=tuple(running),
        share=share,
        seconds=max(time() - began, 0.0),
        quiet=max(time() - newest, 0.0),
        ended=last.get("ended") is not None,
    )


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _share(folder: Path) -> float:
    found = read_checkpoint(folder) if (folder / CHECKPOINT).exists() else None
    return found.epoch / max(len(next(iter(found.curves.values()))) - 1, 1) if found else 0.0
