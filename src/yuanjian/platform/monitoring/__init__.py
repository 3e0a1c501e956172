"""What devices say: links, faults, raw frames, latest values, curves, marks."""
