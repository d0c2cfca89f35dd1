"""The dashboard: the service table, the logs, the details, the jobs, the palette."""
