"""What a finding calls for: clauses, people's standing and the ladder.  Pure."""
