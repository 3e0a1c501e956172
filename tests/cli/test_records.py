"""`yuanjian records`: what it tells and does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from yuanjian.cli import main, records
from yuanjian.errors import UserFault
from yuanjian.gateway import schema
from yuanjian.platform.accounts import services as accounts
from yuanjian.platform.exchange.models import Batch, Record
from yuanjian.platform.registry import services as registry

CODE = "91640000TEST000001"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The intake tables beside Django's own."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        schema.ensure(connection.connection)


@pytest.fixture
def plant(db: None, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> None:
    """An enterprise and an integrator, and commands that find this database."""
    settings.YUANJIAN = replace(settings.YUANJIAN, home=tmp_path)
    enterprise = registry.register_enterprise(
        None, name="甲厂（虚拟）", region_code="640105", credit_code=CODE
    )
    registry.register_outlet(None, enterprise, code="DA001", name="排口", medium="gas")
    accounts.create_user(
        username="integrator",
        password="only-for-tests-7",
        name="集成员",
        role="integrator",
        region_code="640000",
    )

    @contextmanager
    def here(_: Any) -> Iterator[None]:
        yield

    monkeypatch.setattr("yuanjian.cli.models.platform", here)


def test_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["records", "kinds"]) == 0
    assert "质控记录" in capsys.readouterr().out
    assert main.main(["records", "kinds", "qc"]) == 0
    assert "zero span standard comparison verification" in capsys.readouterr().out
    assert main.main(["records", "kinds", "nonsense"]) == 1
    assert "没有记录类别 nonsense" in capsys.readouterr().err


def test_import_and_list(plant: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "质控.csv"
    head = "排污单位,排放口,时间,因子编码,类型,误差（%）\n"
    rows = (
        f"{CODE},DA001,2026-11-01 08:00,二氧化硫,零点校准,1.5\n{CODE},DA002,2026-11-01 08:00,a21026,zero,1\n"
    )
    file.write_bytes((head + rows).encode("gb18030"))
    assert main.main(["records", "import", "qc", str(file), "--by", "integrator", "--source", "lims"]) == 1
    said = capsys.readouterr().out
    assert "接收 1 accepted" in said
    assert "outlet: 该单位没有排放口 DA002" in said
    batch = Batch.objects.get()
    assert (batch.source, batch.file_name, str(batch.author)) == ("lims", "质控.csv", "集成员")
    assert Record.objects.get().data == {"factor": "a21026", "kind": "zero", "error": 1.5}

    assert main.main(["records", "list", "qc", "--json"]) == 0
    assert '"start": "2026-11-01T08:00:00+08:00"' in capsys.readouterr().out
    assert main.main(["records", "list", "qc", "--from", "2026-11-02"]) == 0
    assert "甲厂" not in capsys.readouterr().out
    assert main.main(["records", "list", "qc", "--to", "2026-11-02"]) == 0
    assert "甲厂" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "by", "code"),
    [("none.csv", "integrator", "cli.no_such_file"), ("a.csv", "x", "cli.no_such_user")],
)
def test_what_can_not_be_imported(plant: None, tmp_path: Path, file: str, by: str, code: str) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(UserFault, match=code):
        records.import_("qc", tmp_path / file, by=by, source="command")
