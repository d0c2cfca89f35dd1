"""The simulated stack: services, containers, logs and faults in seeded time."""
