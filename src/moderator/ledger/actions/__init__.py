"""The outbox: what violations call for, from proposal to its end."""
