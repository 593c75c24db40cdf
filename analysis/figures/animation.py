"""An animation of the filters over the epochs at which they were kept."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from analysis.errors import AnalysisError
from analysis.figures.drawing import Drawing, look
from analysis.figures.filters import draw, scale_of
from analysis.figures.run_choice import drawn, pick
from analysis.files import FILMS, ending_of, write
from analysis.study.data import StudyData
from analysis.study.names import Names
from src.errors import StoreError
from src.storage.store import read_filters
from src.storage.study_files import read_class_means

MILLISECONDS = 700
"""A frame; the last stays for three."""


@dataclass(frozen=True, eq=False)
class Film:
    """Frames of filters.

    Attributes
    ----------
    frames : a figure an epoch, all on one scale
    epochs : of the frames
    """

    FORMATS: ClassVar[tuple[str, ...]] = FILMS

    frames: list[Drawing]
    epochs: list[int]

    def encoded(self) -> bytes:
        """Return it as an animated GIF."""
        from PIL import Image

        images = [
            Image.open(io.BytesIO(frame.encoded("png"))).convert("RGB") for frame in self.frames
        ]
        small = [image.resize((image.width // 2, image.height // 2)) for image in images]
        palette = [image.quantize(128, dither=Image.Dither.NONE) for image in small]
        buffer = io.BytesIO()
        times = [MILLISECONDS] * (len(palette) - 1) + [3 * MILLISECONDS]
        palette[0].save(
            buffer, "GIF", save_all=True, append_images=palette[1:], duration=times, loop=0
        )
        return buffer.getvalue()

    def write(self, path: str | Path) -> Path:
        """Write the animation; its path ends in gif.

        Raises
        ------
        AnalysisError
            It ends otherwise, or cannot be written.
        """
        path = Path(path)
        ending_of(path, self.FORMATS)
        return write(path, self.encoded())

    def _repr_html_(self) -> str:
        from base64 import b64encode

        return (
            f'<img alt="filters" src="data:image/gif;base64,{b64encode(self.encoded()).decode()}">'
        )


def animation(sweep: StudyData, vary: Names = None, seed: Any = None, title: str = "") -> Film:
    """Film the filters of one run for every combination of levels.

    Parameters
    ----------
    vary, seed : as for `analysis.figures.filters.filters`
    """
    kept = {}
    picked, at = pick(sweep, vary, seed)
    for run in picked:
        try:
            kept[run] = read_filters(run.folder)
        except StoreError:
            continue
    if not kept:
        raise AnalysisError("no run has filters that can be read")
    epochs = sorted({int(e) for when, _ in kept.values() for e in when})
    end = scale_of([images.astype(np.float64) for _, images in kept.values()])
    means = read_class_means(sweep.folder)
    title = title or f"{sweep.name}: filters"
    frames = []
    with look():
        for epoch in epochs:
            rows = []
            for run, (when, images) in kept.items():
                place = max(0, int(np.searchsorted(when, epoch, "right")) - 1)
                rows.append((run, int(when[place]), images[place].astype(np.float64)))
            frames.append(draw(drawn(rows, means), title, at, end))
    return Film(frames, epochs)
