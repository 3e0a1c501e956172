"""Days whose minutes move unlike all an outlet has shown: invented noise, or no life in them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from yuanjian.screening.learnt import norms, windows
from yuanjian.screening.learnt.artefact import Artefact
from yuanjian.screening.scene import DAY
from yuanjian.screening.task import Hit, Task, Words

Floats = npt.NDArray[np.float64]
WAYS: tuple[Words, Words] = (("过于杂乱", "too restless"), ("过于平滑", "too calm"))
BOUND = 3.0
"""z of the rarest days kept aside: where the learned bound lies."""


def odd_windows(task: Task) -> list[Hit]:
    """Complete days of which the common movements leave more, or less, of a pollutant than usual.

    Measures: ``z`` of the pollutant farthest from usual, scaled so that the rarest `training.windows.RARE` of
    the days kept aside begin at 3. Days with fewer than three known windows of six hours are not judged.
    """
    hits = []
    rows = list(range(len(task.subjects)))
    learned = {own.hash: own for own in map(task.trained, rows)}
    places = {name: norms.rows_of(own.facts) for name, own in learned.items()}
    known = [places[task.trained(row).hash][task.subjects[row].outlet.outlet] for row in rows]
    days = range(max(task.index(task.since), 0), task.grid.size - 23, 24) if rows else ()
    for first in days:
        start = task.time(first)
        pictures = windows.pictures(task, rows, start)
        for row, subject in enumerate(task.subjects):
            artefact = task.trained(row)
            z = judged(artefact, known[row], pictures[row], subject.outlet.medium)
            way, channel = np.unravel_index(int(z.argmax()), z.shape)
            if z[way, channel] >= task.params["least"]:
                words = {
                    "what": windows.channel_words(int(channel), subject.outlet.medium),
                    "how": WAYS[int(way)],
                    "artefact": artefact.words,
                }
                measures = {"z": float(z[way, channel])}
                seen = pictures[row].tobytes() + artefact.hash.encode()
                hits.append(Hit(subject, (row,), start, start + DAY, measures, words, seen))
    return hits


def judged(artefact: Artefact, row: int, pictures: Floats, medium: str) -> Floats:
    """z of one day [4, 8, 36] of an outlet for each way and pollutant, [2, P]; 0 where nothing is known."""
    arrays = artefact.arrays
    moves = windows.movements(pictures, arrays["spread"][row])
    of_day = windows.of_days(
        windows.rests(artefact, moves), arrays["rest_centre"][row], arrays["rest_spread"][row]
    )[0, : windows.JUDGED[medium]]
    return np.nan_to_num(BOUND * np.stack([of_day, -of_day]) / arrays["bounds"][:, None])
