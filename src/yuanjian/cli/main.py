"""Words of the command line, each handed to the function that does the work.

Imports are inside the functions on purpose: `yuanjian gateway` must not load Django,
and `yuanjian --help` must answer at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

from yuanjian import __version__, config
from yuanjian.cli import device_words, emissions, model_words, records
from yuanjian.errors import OwnFault, YuanjianError

Handler = Callable[[config.Settings, argparse.Namespace], int]
UNDEFINED_TABLE = "42P01"
"""SQLSTATE of PostgreSQL, appendix A."""
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status. A deliberate error is one line, not a traceback."""
    arguments = parser().parse_args(argv)
    handler: Handler = arguments.handler
    try:
        return handler(config.load(), arguments)
    except YuanjianError as error:
        return _told(error)
    except ValueError as error:
        if not str(error).startswith("YUANJIAN_"):
            raise
        print(f"设置有误：{error}", file=sys.stderr)
        return 2
    except Exception as error:
        missing = _missing_table(error)
        if missing is None:
            raise
        return _told(
            OwnFault(
                "cli.not_migrated",
                f"数据库缺少表，请先运行 yuanjian migrate（{missing}）",
                f"the database lacks tables, run `yuanjian migrate` first ({missing})",
            )
        )


def _told(error: YuanjianError) -> int:
    print(f"{error.zh}\n{error}", file=sys.stderr)
    return 1


def _missing_table(error: BaseException | None) -> str | None:
    """What PostgreSQL says is not there, if that is what went wrong; Django wraps its errors."""
    while error is not None and getattr(error, "sqlstate", None) != UNDEFINED_TABLE:
        error = error.__cause__
    return None if error is None else str(error).splitlines()[0]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(prog="yuanjian", description="远鉴 — 生态环境非现场监管执法平台")
    root.add_argument("--version", action="version", version=f"yuanjian {__version__}")
    commands = root.add_subparsers(required=True, metavar="COMMAND")

    _add(commands, "up", _up, "start and watch every process; Ctrl-C stops them")
    demo = _add(commands, "demo", _demo, "a virtual province with history and live data, in a browser")
    demo.add_argument("--outlets", type=int, default=120, help="size of the virtual province")
    demo.add_argument("--days", type=int, default=30, help="days of history to replay")
    demo.add_argument("--seed", type=int, default=20261121, help="the same seed makes the same province")
    doctor = _add(commands, "doctor", _doctor, "check the installation")
    doctor.add_argument("--end-to-end", action="store_true", help="run the whole job on an empty data folder")
    doctor.add_argument("--json", action="store_true", help="print the result as JSON")
    doctor.add_argument("--outlets", type=int, default=20, help="size of the trial province")
    doctor.add_argument("--seed", type=int, default=7, help="the same seed makes the same trial")
    settings = _add(commands, "settings", _settings, "every setting, its value and meaning")
    settings.add_argument("--json", action="store_true")
    _add(commands, "migrate", _migrate, "bring the database to this version")
    account = _add(commands, "account", _account, "create a sign-in account; asks for the password")
    account.add_argument("username")
    account.add_argument("--role", required=True)
    account.add_argument("--region", default="000000", help="GB/T 2260 code; its prefix is the scope")
    account.add_argument("--name", default="")
    _add(commands, "archive", _archive, "archive raw frames that are due; ingest does so by itself")
    _add_evidence(commands)
    _add_replay(commands)
    _add_forward(commands)
    _add_devices(commands)
    _add_simulate(commands)
    _add_conform(commands)
    for name, text in SERVICES.items():
        _add(commands, name, _service, text)
    model_words.add(_add(commands, "models", _models, "the catalogue of models"))
    emissions.arguments(_add(commands, "emissions", emissions.run, "amounts an outlet emitted, as JSON"))
    records.arguments(_add(commands, "records", records.run, "ledgers and records: kinds, import, list"))
    _add(commands, "test", _test, "everything: lint, types, import rules, tests, browser story").add_argument(
        "only", nargs="*", help="stages to run; none: all"
    )
    bench = _add(commands, "bench", _bench, "run bench/NAME.py")
    bench.add_argument("name")
    bench.add_argument("rest", nargs=argparse.REMAINDER)
    return root


SERVICES = {
    "gateway": "the HJ 212 gateway: sockets to journal",
    "ingest": "journal to readings",
    "forwarder": "frames to other platforms",
    "worker": "screening and other jobs",
    "web": "the API and the pages",
    "push": "server-sent events",
    "simulator": "live loggers of the virtual province",
}


def _add(commands: Commands, name: str, handler: Handler, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(handler=handler, command=name)
    return command


def _add_evidence(commands: Commands) -> None:
    evidence = _add(commands, "evidence", _evidence, "prove that archived frames are as they were received")
    verbs = evidence.add_subparsers(required=True, metavar="VERB", dest="verb")
    verify = verbs.add_parser("verify", help="check the chain and the frames; 1 if something was changed")
    verify.add_argument(
        "--from", dest="start", help="Beijing day or time, e.g. 2026-11-21 or 2026-11-21T08:00"
    )
    verify.add_argument("--to", dest="end", help="likewise, not included")
    verify.add_argument("--head", help="a head of the chain that was kept elsewhere: it must be part of it")
    verify.add_argument(
        "--folder", help="an archive without database, e.g. a copy; default: this installation's"
    )
    verify.add_argument("--json", action="store_true")
    proof = verbs.add_parser("proof", help="print the proof of one frame as JSON")
    proof.add_argument("shard", type=int)
    proof.add_argument("seq", type=int)
    check = verbs.add_parser("check", help="check a proof; prints the head it leads to")
    check.add_argument("file", help="the JSON document; - is standard input")


def _add_replay(commands: Commands) -> None:
    replay = _add(commands, "replay", _replay, "take raw frames into a lake again, as ingest did")
    replay.add_argument("lake", help="folder or s3://… to write to; made if it does not exist")
    source = replay.add_mutually_exclusive_group()
    source.add_argument("--journal", action="store_true", help="from the database (default)")
    source.add_argument("--archive", nargs="?", const="", help="from the archive, this installation's or DIR")
    source.add_argument("--files", nargs="+", help="from files that hold frames as they came over the line")
    replay.add_argument("--shard", type=int, default=0)
    replay.add_argument("--first", type=int, default=1, help="first journal number")
    replay.add_argument("--last", type=int, default=2**62, help="last journal number")
    replay.add_argument("--from", dest="start", help="received from this Beijing day or time on")
    replay.add_argument("--to", dest="end", help="received before")
    replay.add_argument("--received", help="when the frames of files were received; default: the file's time")


def _add_forward(commands: Commands) -> None:
    forward = _add(commands, "forward", _forward, "to which other platforms frames are relayed")
    verbs = forward.add_subparsers(required=True, metavar="VERB", dest="verb")
    verbs.add_parser("list", help="the targets, their queues and counters").add_argument(
        "--json", action="store_true"
    )
    add = verbs.add_parser("add", help="a new target, or another address or choice of MNs for an old one")
    add.add_argument("name")
    add.add_argument("address", metavar="HOST:PORT")
    add.add_argument("--mn", nargs="+", default=["*"], help="MNs, or beginnings that end in *; default: all")
    add.add_argument("--no-answers", action="store_true", help="the platform never answers: sent is done")
    add.add_argument("--from-start", action="store_true", help="also what the journal holds already")
    for verb, text in (
        ("pause", "keep the queue, send nothing"),
        ("resume", ""),
        ("remove", "with its queue"),
    ):
        verbs.add_parser(verb, help=text).add_argument("name")


def _add_devices(commands: Commands) -> None:
    device_words.add(_add(commands, "devices", _devices, "loggers: their state, settings, keys and MNs"))


def _add_simulate(commands: Commands) -> None:
    simulate = _add(commands, "simulate", _simulate, "devices to test a platform with")
    device = simulate.add_subparsers(required=True, metavar="VERB", dest="verb").add_parser(
        "device", help="one logger: sends live data, keeps history, carries out commands"
    )
    device.add_argument("--mn", required=True)
    device.add_argument("--standard", choices=("2005", "2017", "2025"), default="2017")
    device.add_argument("--st", default="31", help="31 flue gas, 32 waste water")
    device.add_argument("--pw", default="123456", help="password of the protocol, sent in clear")
    device.add_argument("--encrypt", action="store_true", help="SM4; the key is in YUANJIAN_DEVICE_KEY")
    device.add_argument("--to", metavar="HOST:PORT", help="default: this installation's gateway")
    device.add_argument("--skew", type=float, default=0.0, help="seconds its clock is wrong by")
    device.add_argument("--speed", type=float, default=1.0, help="how many times faster than the clock")


def _add_conform(commands: Commands) -> None:
    conform = _add(commands, "conform", _conform, "test a platform or a logger against HJ 212; 1 if it fails")
    conform.add_argument("address", metavar="HOST:PORT", nargs="?", help="the platform to test")
    conform.add_argument(
        "--listen", type=int, metavar="PORT", help="test the logger that connects to this port"
    )
    conform.add_argument(
        "--standard", choices=("2005", "2017", "2025"), help="of the logger; default: its Flag"
    )
    conform.add_argument(
        "--encrypt", action="store_true", help="the logger encrypts; its key: YUANJIAN_DEVICE_KEY"
    )
    conform.add_argument("--rekey", action="store_true", help="give it a new key and the old one back (1014)")
    conform.add_argument(
        "--wait", type=float, default=90.0, help="seconds for what the logger does by itself"
    )
    conform.add_argument("--mn", default="0000000000000000C0FFEE01", help="an MN the platform accepts")
    conform.add_argument("--pw", default="123456")
    conform.add_argument("--st", default="31")
    conform.add_argument("--timeout", type=float, default=10.0, help="seconds to wait for an answer")
    conform.add_argument("--only", nargs="+", default=[], help="codes of checks to run; default: all")
    conform.add_argument("--json", action="store_true")


def _up(settings: config.Settings, _: argparse.Namespace) -> int:
    from yuanjian.cli import up

    return up.run(settings)


def _demo(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import demo

    return demo.run(settings, outlets=arguments.outlets, days=arguments.days, seed=arguments.seed)


def _doctor(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import doctor

    if arguments.end_to_end:
        return doctor.end_to_end(outlets=arguments.outlets, seed=arguments.seed, as_json=arguments.json)
    return doctor.check(settings, as_json=arguments.json)


def _settings(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import show

    return show.settings(settings, as_json=arguments.json)


def _migrate(settings: config.Settings, _: argparse.Namespace) -> int:
    from yuanjian.cli import borrow, up

    with borrow.installation(settings) as found:
        return up.migrate(found)


def _account(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import account

    return account.create(settings, arguments.username, arguments.role, arguments.region, arguments.name)


def _archive(settings: config.Settings, _: argparse.Namespace) -> int:
    from yuanjian.cli import evidence

    return evidence.archive(settings)


def _evidence(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import evidence

    if arguments.verb == "proof":
        return evidence.proof(settings, arguments.shard, arguments.seq)
    if arguments.verb == "check":
        return evidence.check(arguments.file)
    return evidence.verify(
        settings,
        start=arguments.start,
        end=arguments.end,
        head=arguments.head,
        folder=arguments.folder,
        as_json=arguments.json,
    )


def _replay(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import replay

    return replay.run(settings, arguments)


def _forward(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import forward

    return forward.run(settings, arguments)


def _devices(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import devices

    return devices.run(settings, arguments)


def _simulate(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import integrators

    return integrators.simulate(settings, arguments)


def _conform(_: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import integrators

    return integrators.conform(arguments)


def _service(settings: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import services

    return services.run(arguments.command, settings)


def _models(settings: config.Settings, arguments: argparse.Namespace) -> int:
    if arguments.verb == "kinds":
        from yuanjian.cli import kinds

        draws = {"seed": arguments.seed, "held_out": arguments.held_out, "number": arguments.draws}
        return kinds.run(**draws, as_json=arguments.json)
    if arguments.verb in {"backtest", "export", "promote", "score"}:
        return _model_work(settings, arguments)
    if arguments.verb in {"train", "adopt", "trained"}:
        from yuanjian.cli import training

        return training.run(settings, arguments)
    from yuanjian.cli import show

    if arguments.verb == "list":
        return show.models(as_json=arguments.json)
    if arguments.verb == "show":
        return show.model(arguments.code)
    return show.model_cases(arguments.codes)


def _model_work(settings: config.Settings, given: argparse.Namespace) -> int:
    if given.verb == "score":
        from yuanjian.cli import scores

        parts = {"only": given.only, "honest_only": given.clean}
        return scores.run(seed=given.seed, number=given.draws, **parts, as_json=given.json)
    from yuanjian.cli import models, own_models

    if given.verb == "export":
        return own_models.export(settings, given.code, given.to, version=given.version, name=given.name)
    if given.verb == "promote":
        return models.promote(settings, given.code, given.status, by=given.by, reason=given.reason)
    window = {"start": given.start, "end": given.end, "region": given.region}
    return models.backtest(settings, given.codes, **window, level1=given.level1, as_json=given.json)


def _test(_: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import checks

    return checks.run(arguments.only)


def _bench(_: config.Settings, arguments: argparse.Namespace) -> int:
    from yuanjian.cli import checks

    return checks.bench(arguments.name, arguments.rest)


if __name__ == "__main__":
    sys.exit(main())
