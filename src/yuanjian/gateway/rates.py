"""How fast a device or an address may send: one number per key, no timers, nothing to refill."""

from __future__ import annotations


class Rates:
    """Lets each key have ``per_second`` in the long run, ``burst_s`` seconds of that at once; 0 is no limit.

    The number kept is the instant at which all that was charged is paid off (the "virtual scheduling" of the
    generic cell rate algorithm, ITU-T I.371).
    """

    def __init__(self, per_second: float, burst_s: float) -> None:
        self._cost = 1 / per_second if per_second > 0 else 0.0
        self._burst_s = burst_s
        self._paid_off: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._paid_off)

    def charge(self, key: str, amount: float, now: float) -> float:
        """Charge a key; returns for how many seconds it should be left alone, 0 if it is within its rate."""
        if not self._cost:
            return 0.0
        due = max(self._paid_off.get(key, now), now) + amount * self._cost
        self._paid_off[key] = due
        return max(due - now - self._burst_s, 0.0)

    def forget(self, now: float) -> None:
        """Drop the keys that owe nothing."""
        self._paid_off = {key: due for key, due in self._paid_off.items() if due > now}
