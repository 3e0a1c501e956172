from devices import device, gateway, intake, start_gateway
from platforms import platform, start_forwarder

__all__ = ["device", "gateway", "intake", "platform", "start_forwarder", "start_gateway"]
