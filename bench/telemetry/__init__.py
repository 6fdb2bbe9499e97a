"""What telemetry costs who calls a model, and what goes through to Kafka."""
