"""What people decide of violations, one by one and in bulk, and what leaves the house."""
