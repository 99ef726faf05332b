"""MQTT as bytes and texts: topics, payloads out and in, packets, what is refused."""
