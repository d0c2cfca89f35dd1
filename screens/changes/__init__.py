"""From a key to a plan, a job, its audit record and what is left to recover."""
