"""The MQTT bridge: an end of the hub that speaks with a broker."""
