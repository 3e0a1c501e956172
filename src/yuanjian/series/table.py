"""One Delta table of the lake: exactly-once append, pruned reads, sorted rewrites.

Delta Lake is an open format; here it is spoken through `deltalake` (Rust) and the data files are
read with Polars. Rows are only ever added; a rewrite changes their place, not their meaning.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError
from deltalake.fs import DeltaStorageHandler
from deltalake.transaction import AddAction, RemoveAction

from yuanjian.errors import OwnFault

ROW_GROUP = 32 * 1024
"""Rows per Parquet row group of a rewritten file: small, so one series reads few of them."""

_APPENDED = WriterProperties(max_row_group_size=16 * 1024, compression="ZSTD", compression_level=1)
"""How appended files are written: sorted by point, so small row groups halve the read of one point."""

_UNFIT = frozenset("[]|^")
"""Characters the Rust library takes for parts of an address and panics on."""

_REWRITE = "yuanjian-rewrite"

_AT_ONCE = 64 * 1024
"""Rows of an Arrow batch: what is made of them stays in the processor's cache."""


@dataclass(frozen=True)
class DataFile:
    """A live data file of a table."""

    path: str
    partition: Mapping[str, str]
    rows: int
    size: int
    earliest: datetime


class LakeTable:
    """A Delta table with columns `point` and `time`, partitioned as told; made at first use."""

    def __init__(
        self, uri: str, schema: pl.Schema, partitions: tuple[str, ...], options: Mapping[str, str]
    ) -> None:
        if unfit := sorted(set(uri) & _UNFIT):
            raise OwnFault(
                "series.address", f"数据湖地址不能含有 {unfit}", f"a lake's address has no {unfit}"
            )
        self._uri = uri.rstrip("/")
        self.schema = schema
        self.partitions = partitions
        self._options = dict(options)
        self._stored = pl.Schema({name: kind for name, kind in schema.items() if name not in partitions})
        self._turn = threading.RLock()  # a thread's commit or refresh may set the handle back
        self._known_files: tuple[int, pl.DataFrame] | None = None
        self._frozen: pl.DataFrame | None = None
        self._delta = DeltaTable.create(
            self._uri,
            schema.to_frame().to_arrow().schema,
            mode="ignore",
            partition_by=list(partitions),
            configuration={"delta.dataSkippingStatsColumns": "point,time"},
            storage_options=self._options or None,
        )

    def reopened(self) -> LakeTable:
        """The same table with a snapshot of its own, which no other thread refreshes."""
        return LakeTable(self._uri, self.schema, self.partitions, self._options)

    def snapshot(self) -> LakeTable:
        """The table as it is now, for any threads: scans of it see no later commit."""
        if self._frozen is not None:
            return self
        twin = self.reopened()
        twin._frozen = twin._listed()
        return twin

    def holds(self, where: pl.Expr) -> bool:
        """Is there any file that satisfies `where`?"""
        return not self._listed().filter(where).is_empty()

    def committed(self, app: str) -> int:
        """The greatest version `app` has committed; -1 if none."""
        with self._turn:
            self._delta.update_incremental()
            return self._known(app)

    def _known(self, app: str) -> int:
        version = self._delta.transaction_version(app)
        return -1 if version is None else int(version)

    def append(self, frame: pl.DataFrame, app: str, version: int) -> bool:
        """Add rows and the application's version in one commit; False if another process had done so.

        An empty frame still commits the version. Raises `CommitFailedError` if the table itself refuses.
        """
        with self._turn:
            if self._known(app) >= version:  # the log refuses only what is newer than our snapshot
                return False
            try:
                self._commit(frame, CommitProperties(app_transactions=[Transaction(app, version)]))
            except CommitFailedError:
                if self.committed(app) < version:
                    raise
                return False
            return True

    def _commit(self, frame: pl.DataFrame, once: CommitProperties) -> None:
        if frame.is_empty():
            self._delta.create_write_transaction(
                [], "append", self._delta.schema(), list(self.partitions), commit_properties=once
            )
        else:
            write_deltalake(
                self._delta, frame, mode="append", commit_properties=once, writer_properties=_APPENDED
            )

    def scan(self, where: pl.Expr) -> pl.LazyFrame:
        """The rows of all files that satisfy `where`, over the columns of `_listed`.

        Files are pruned, rows are not: the caller filters. Partition columns are left out.
        """
        return self._open(self._listed().filter(where)["path"].to_list())

    def batches(
        self, where: pl.Expr, points: npt.NDArray[np.int32], columns: Sequence[str], texts: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """Rows of the row groups that may hold one of the points (sorted), ``texts`` as dictionaries.

        Of the files that satisfy `where`; neither points nor time are filtered. Faster than `scan` where all
        rows go into arrays.
        """
        for path in self._listed().filter(where)["path"].to_list():
            with self._source(path) as source:
                file = pq.ParquetFile(source, read_dictionary=list(texts))
                wanted = _touching(file.metadata, points)
                if wanted:
                    yield from file.iter_batches(
                        row_groups=wanted, columns=list(columns), batch_size=_AT_ONCE, use_threads=False
                    )

    def _source(self, path: str) -> pa.NativeFile:
        """A data file, opened for reading."""
        if "://" not in self._uri:
            return pa.memory_map(f"{self._uri}/{path}")
        return DeltaStorageHandler(self._uri, self._options or None).open_input_file(path)

    def _listed(self) -> pl.DataFrame:
        """The live files: path, ``partition.…``, ``min.…`` and ``max.…`` of point, time (null: unknown)."""
        if self._frozen is not None:
            return self._frozen
        with self._turn:
            self._delta.update_incremental()
            version = self._delta.version()
            if self._known_files is None or self._known_files[0] != version:
                self._known_files = version, pl.DataFrame(self._delta.get_add_actions(flatten=True))
            return self._known_files[1]

    def files(self) -> list[DataFile]:
        """All live data files, by partition and earliest row."""
        found = [
            DataFile(
                path=row["path"],
                partition={name: str(row[f"partition.{name}"]) for name in self.partitions},
                rows=row["num_records"],
                size=row["size_bytes"],
                earliest=row["min.time"],
            )
            for row in self._listed().iter_rows(named=True)
        ]
        return sorted(found, key=lambda file: (*file.partition.values(), file.earliest, file.path))

    def load(self, files: Sequence[DataFile]) -> pl.DataFrame:
        """All rows of some files of one partition, partition columns left out."""
        return self._open([file.path for file in files]).collect()

    def _open(self, paths: list[str]) -> pl.LazyFrame:
        """Data files by their path in the table (the log's own addresses escape blanks and Chinese)."""
        if not paths:
            return pl.LazyFrame(schema=self._stored)
        return pl.scan_parquet(
            [f"{self._uri}/{path}" for path in paths],
            schema=self._stored,
            hive_partitioning=False,
            glob=False,
            storage_options=self._options or None,
        )

    def replace(self, files: Sequence[DataFile], frame: pl.DataFrame, *, turn: int) -> bool:
        """Put `frame` in the place of some files of one partition; False if another rewrite came first.

        Appends never conflict with it: the commit names the files it removes and declares that no data
        changed. Rewrites take turns by an application transaction (`turn`, from `next_turn`), since the
        log itself does not refuse to remove a file twice.
        """
        now = int(time.time() * 1000)
        partition = dict(files[0].partition)
        folder = "/".join(f"{name}={value}" for name, value in partition.items())
        path = f"{folder}/part-{uuid.uuid4()}.zstd.parquet"
        size = self._write(path, frame)
        actions: list[Any] = [AddAction(path, size, partition, now, False, _statistics(frame))]
        actions += [RemoveAction(file.path, False, now, file.size, dict(file.partition)) for file in files]
        try:
            self._delta.create_write_transaction(
                actions,
                "append",
                self._delta.schema(),
                list(self.partitions),
                commit_properties=CommitProperties(app_transactions=[Transaction(_REWRITE, turn)]),
            )
        except CommitFailedError:
            return False
        self._delta.update_incremental()
        return True

    def next_turn(self) -> int:
        """The number of the next rewrite; take it before `files`."""
        return self.committed(_REWRITE) + 1

    def vacuum(self, keep_hours: int) -> int:
        """Delete files no version of the last `keep_hours` needs; returns how many."""
        gone = self.reopened()._delta.vacuum(keep_hours, dry_run=False, enforce_retention_duration=False)
        return len(gone)

    def _write(self, path: str, frame: pl.DataFrame) -> int:
        """Write a Parquet file into the table's folder, not yet part of the table; returns its size."""
        options = self._options or None
        frame.write_parquet(
            f"{self._uri}/{path}", compression="zstd", row_group_size=ROW_GROUP, storage_options=options
        )
        return int(DeltaStorageHandler(self._uri, options).get_file_info([path])[0].size)


def _touching(file: pq.FileMetaData, points: npt.NDArray[np.int32]) -> list[int]:
    """Row groups of a file that may hold one of the points (sorted)."""
    column = file.schema.names.index("point")

    def may_hold(group: int) -> bool:
        bounds = file.row_group(group).column(column).statistics
        if bounds is None or not bounds.has_min_max:
            return True
        return bool(np.searchsorted(points, bounds.max, "right") > np.searchsorted(points, bounds.min))

    return [group for group in range(file.num_row_groups) if may_hold(group)]


def _statistics(frame: pl.DataFrame) -> str:
    """Statistics of a data file as the Delta protocol wants them."""
    bounds = frame.select(
        low=pl.struct(pl.col("point").min(), pl.col("time").min()),
        high=pl.struct(pl.col("point").max(), pl.col("time").max()),
    ).row(0, named=True)
    return json.dumps(
        {
            "numRecords": frame.height,
            "minValues": bounds["low"],
            "maxValues": bounds["high"],
            "nullCount": {"point": 0, "time": 0},
        },
        default=sql_instant,
    )


def sql_instant(instant: datetime) -> str:
    """An instant as Delta's SQL and statistics write it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
