"""What is wrong with an environment: what rules are given and what they find."""
