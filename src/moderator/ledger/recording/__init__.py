"""From findings to violations and actions, in groups, and what happens while PostgreSQL is away."""
