"""`yuanjian replay`: take raw frames into a lake again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import psycopg

from yuanjian import config
from yuanjian.cli import borrow
from yuanjian.cli.progress import Steps
from yuanjian.errors import UserFault
from yuanjian.gateway import schema
from yuanjian.ingest import replay
from yuanjian.ingest.codes import FOLDER, codebook
from yuanjian.ingest.replay import Range, Source
from yuanjian.series import SeriesStore


def run(settings: config.Settings, arguments: argparse.Namespace) -> int:
    """Replay what the arguments name; prints what was new to the lake."""
    lake = _address(arguments.lake)
    with borrow.database(settings) as connection:
        if lake == settings.lake_uri:
            _claim(connection)
        source = _source(settings, arguments, connection)
        store = SeriesStore.open(lake, settings.lake_options)
        known = store.committed(source.app)
        with Steps().step("replay", "重放 · replaying") as advance:
            done = replay.replay(source, connection, store, advance, codebook(settings.home / FOLDER))
    print(f"报文 · rows {done.rows}  监测值 · readings {done.readings}  事件 · events {done.events}")
    print(f"重复 · duplicates {done.duplicates}  更正 · corrections {done.corrections}", end="  ")
    print(f"无内容 · skipped {done.skipped}")
    if known >= 0:
        print(f"数据湖已有序号 {known} 及以前的报文 · rows up to {known} were in this lake already")
    return 0


def _source(settings: config.Settings, arguments: argparse.Namespace, connection: Any) -> Source:
    if arguments.files:
        paths = [Path(name) for name in arguments.files]
        missing = [str(path) for path in paths if not path.is_file()]
        if missing:
            text = ", ".join(missing)
            raise UserFault("cli.no_file", f"没有文件 {text}", f"no such file: {text}")
        return replay.files(
            connection, paths, borrow.instant(arguments.received) if arguments.received else None
        )
    wanted = _range(arguments)
    if arguments.archive is None:
        return replay.journal(connection, wanted)
    return replay.archive(Path(arguments.archive) if arguments.archive else settings.archive_folder, wanted)


def _range(arguments: argparse.Namespace) -> Range:
    start, end = replay.ALWAYS
    return Range(
        arguments.shard,
        arguments.first,
        arguments.last,
        borrow.instant(arguments.start) if arguments.start else start,
        borrow.instant(arguments.end) if arguments.end else end,
    )


def _address(lake: str) -> str:
    """A folder by its full path, so that it is known again; any other address as it is."""
    return lake if "://" in lake else str(Path(lake).resolve())


def _claim(connection: psycopg.Connection[Any]) -> None:
    """The lake in use has one writer at a time."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s, 0)", (schema.INGEST_LOCK,)).fetchone()
    if not row or not row[0]:
        raise UserFault(
            "cli.lake_in_use",
            "ingest 正在写这个数据湖，请先停止，或重放到另一个数据湖",
            "ingest is writing to this lake: stop it, or replay into another one",
        )
