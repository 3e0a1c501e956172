from devices import device, gateway, intake, start_gateway

__all__ = ["device", "gateway", "intake", "start_gateway"]
