"""From the file to tasks and workers."""
