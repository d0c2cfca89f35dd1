"""The embedded stack: services, containers, logs and faults in seeded time."""
