"""Everything that changes the stack: plans, the operator, jobs, the audit trail."""
