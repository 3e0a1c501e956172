"""Who goes into the station, how, and what the data do then."""

from __future__ import annotations

from yuanjian.simulator.patterns import layers
from yuanjian.simulator.patterns.of_records import desk_of, restate
from yuanjian.simulator.patterns.plants import Event
from yuanjian.simulator.patterns.stage import DAY, Stage

STRANGER = "人员乙"


def door_drop(stage: Stage) -> int:
    """The door is opened and values fall, twice."""
    hours = round(stage.size["hours"])
    times = stage.steady_hours(hours, 3 * DAY)[:3]
    for at in times:
        layers.opening(stage.plant, at - 0.02, STRANGER)
        layers.closing(stage.plant, at + 0.2)
        stage.change(slice(at, at + hours), 1.0 - stage.size["drop"], stage.plant.pollutants)
    restate(stage)
    return len(times)


def door_forced(stage: Stage) -> None:
    """The door is forced."""
    stage.plant.events.append(Event(stage.first + 0.3, "door", "i3310", '{"id": "1", "type": "强行开门"}'))


def door_dismantled(stage: Stage) -> None:
    """The logger tells that the door device was dismantled, then that it is faulty."""
    stage.plant.events.append(Event(stage.first + 0.3, "log", "i31001", "门禁拆卸报警"))
    door_fault(stage)


def door_fault(stage: Stage) -> None:
    """The door device is faulty."""
    stage.plant.events.append(Event(stage.first, "state", "i32001", "2"))
    stage.plant.events.append(Event(stage.last, "state", "i32001", "0"))


def visits(stage: Stage) -> None:
    """Visits nobody has marked any work for."""
    for at in range(stage.first, stage.last, round(stage.size["apart"])):
        layers.opening(stage.plant, at + 0.4, STRANGER)
        layers.closing(stage.plant, at + 0.9)


def ordered_afterwards(stage: Stage) -> None:
    """Visits for which orders are thought up when somebody has asked: days later."""
    visits(stage)
    desk = desk_of(stage)
    for at in range(stage.first, stage.last, round(stage.size["apart"])):
        issued = at + 24.0 * stage.size["days"]
        desk.put(
            "maintenance_order", at, at + 1.0, late=(issued - at, issued - at), kind="maintenance",
            people=STRANGER, issued_at=issued,
        )  # fmt: skip


def touched(stage: Stage) -> int:
    """Somebody opens the door at steady load, and from then on less is shown."""
    times = stage.steady_hours(4, DAY)[:1]
    for at in times:
        layers.opening(stage.plant, at - 0.02, STRANGER)
        layers.closing(stage.plant, at + 0.2)
        stage.change(slice(at, stage.last), 1.0 - stage.size["drop"], stage.plant.pollutants)
    restate(stage)
    return len(times)


def long_stay(stage: Stage) -> None:
    """Somebody stays in the station, also by night."""
    layers.opening(stage.plant, stage.first + 0.2, STRANGER)
    layers.closing(stage.plant, stage.last - 0.2)


def single_method(stage: Stage) -> None:
    """The door is opened with the card alone."""
    for at in range(stage.first, stage.last, round(stage.size["apart"])):
        layers.opening(stage.plant, at + 0.4, STRANGER, "card")
        layers.closing(stage.plant, at + 0.9)


def mechanical_key(stage: Stage) -> None:
    """The door is opened with a key."""
    layers.opening(stage.plant, stage.first + 0.4, "", "key")
    layers.closing(stage.plant, stage.first + 0.9)
