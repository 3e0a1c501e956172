from devices import gateway, intake, start_gateway

__all__ = ["gateway", "intake", "start_gateway"]
