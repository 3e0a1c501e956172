"""The checksum of HJ 212 (Annex A of all three versions), and its usual mistake, CRC-16/MODBUS."""

from __future__ import annotations

from array import array
from functools import cache
from struct import unpack_from

_POLYNOMIAL = 0xA001


def _table() -> tuple[int, ...]:
    """One entry per byte value: the register after eight shifts."""
    registers = []
    for register in range(256):
        for _ in range(8):
            register = (register >> 1) ^ _POLYNOMIAL if register & 1 else register >> 1
        registers.append(register)
    return tuple(registers)


_TABLE = _table()
_HIGH = bytes(register >> 8 for register in _TABLE)
_HEX = tuple(f"{register:04X}" for register in _TABLE)


def crc16(segment: bytes) -> str:
    """The CRC of a data segment as four upper-case hex digits.

    Annex A keeps only the high byte of the register: ``register = table[(register >> 8) ^ byte]``. So the
    state is one byte and a step is ``state = high(table[state ^ byte])``, a linear map that becomes the
    identity after eight steps. Bytes eight apart therefore meet the same map, and the segment may first be
    folded by XOR into eight bytes: the same result several times faster than the loop.
    """
    size = len(segment)
    if not size:
        return "FFFF"
    folded = int.from_bytes(segment, "big") ^ (0xFF << (8 * size - 8))  # the register starts at 0xFFFF
    bits = -(-size // 8) * 64
    while bits > 64:
        bits = -(-bits // 128) * 64
        folded = (folded >> bits) ^ (folded & ((1 << bits) - 1))
    state = index = 0
    for byte in folded.to_bytes(8, "big"):
        index = state ^ byte
        state = _HIGH[index]
    return _HEX[index]


def crc16_modbus(segment: bytes) -> str:
    """CRC-16/MODBUS of the segment, four upper-case hex digits; only to say what a peer did wrong."""
    register, table = 0xFFFF, _word_table()
    words = len(segment) // 2
    for word in unpack_from(f"<{words}H", segment):
        register = table[register ^ word]
    for byte in segment[2 * words :]:
        register = (register >> 8) ^ _TABLE[(register ^ byte) & 0xFF]
    return f"{register:04X}"


@cache
def _word_table() -> array[int]:
    """One entry per pair of bytes: two steps of CRC-16/MODBUS at once. Made when the first bad CRC is met."""
    once = array("H", ((_TABLE[low & 0xFF] ^ (low >> 8)) for low in range(0x10000)))
    return array("H", ((_TABLE[register & 0xFF] ^ (register >> 8)) for register in once))
