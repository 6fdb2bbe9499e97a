"""What `realtime` and `responses` share of their WebSockets; built on `sdk_core.websockets`."""
