"""Everything that changes the stack: a plan, the one door, a job, the audit."""
