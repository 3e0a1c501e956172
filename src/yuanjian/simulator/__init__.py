"""The virtual province: plants with physics, real protocols, injected violations with ground truth.

Everything follows from a `World`: the same parameters give the same frames, byte for byte.
"""

from yuanjian.simulator.clock import Clock
from yuanjian.simulator.frames import HISTORY, LIVE, Frame, frames, history_frames
from yuanjian.simulator.truth import Truth
from yuanjian.simulator.world import Outlet, World

__all__ = ["HISTORY", "LIVE", "Clock", "Frame", "Outlet", "Truth", "World", "frames", "history_frames"]
