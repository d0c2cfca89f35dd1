"""Plans, jobs, the audit trail and recovery."""
