"""What a stack is, as plain values, and how answers become them. Pure."""
