"""The driver library's inside: services in a thread of a VSCP host, and the host as their end."""
