"""远鉴 Yuanjian — an open platform for off-site ecological-environment enforcement."""

__version__ = "0.1.0"
