from devices import device, gateway, intake, start_gateway
from hypothesis import settings
from lake import ingest

settings.register_profile("untimed", deadline=None)  # a slow machine is no failure
settings.load_profile("untimed")

__all__ = ["device", "gateway", "ingest", "intake", "start_gateway"]
