"""The only SQL: violations, actions, standing, failed messages."""
