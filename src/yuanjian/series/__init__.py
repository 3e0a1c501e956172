"""The store of readings: Delta tables, validity and marks, aggregation, and dense cubes for screening."""

from yuanjian.series.cube import Cube, SeriesKey
from yuanjian.series.flags import FlagCode
from yuanjian.series.marks import MarkKind, MarkPeriod
from yuanjian.series.store import Appended, Compacted, SeriesStore

__all__ = [
    "Appended",
    "Compacted",
    "Cube",
    "FlagCode",
    "MarkKind",
    "MarkPeriod",
    "SeriesKey",
    "SeriesStore",
]
