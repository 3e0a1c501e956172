"""The description of the API knows shapes by their names: of two with one name it would tell one only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ninja import Schema

from yuanjian.platform import openapi


def _below(shape: type[Schema]) -> Iterator[type[Schema]]:
    for child in shape.__subclasses__():
        yield child
        yield from _below(child)


def test_no_two_shapes_of_the_api_share_a_name() -> None:
    assert openapi.text()  # loads every endpoint
    shapes = {shape for shape in _below(Schema) if shape.__module__.startswith("yuanjian.platform.")}
    names = Counter(shape.__name__ for shape in shapes)
    assert len(shapes) > 100
    assert [name for name, count in names.items() if count > 1] == []
