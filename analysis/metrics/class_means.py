"""The mean image of every class of a study, or a refusal.

Owns what is said where a study cannot tell what its digits look like. The file is the affair of
`src.storage.study_files`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from src.storage.study_files import CLASS_MEANS, read_class_means

ClassMeans = Mapping[int, NDArray[np.float64]]
"""The mean image (H, V), in 0..1, of every class by its label."""


def class_means(study: Path, needed: Iterable[int] = ()) -> ClassMeans:
    """Return the mean image (H, V) of every class by its label, in float64.

    Parameters
    ----------
    study : its folder
    needed : labels whose image there must be

    Raises
    ------
    AnalysisError
        The study has no class means, or none of a label that is needed.
    """
    means = read_class_means(study)
    if means is None:
        raise AnalysisError(f"{study} has no class means: it lacks {CLASS_MEANS}")
    if missing := sorted(set(needed) - set(means)):
        known = ", ".join(map(str, means))
        raise AnalysisError(f"{study} has no class mean of {missing[0]}, only of {known}")
    return {label: image.astype(np.float64) for label, image in means.items()}
