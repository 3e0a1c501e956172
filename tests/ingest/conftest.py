from devices import device, gateway, intake, start_gateway
from lake import ingest

__all__ = ["device", "gateway", "ingest", "intake", "start_gateway"]
