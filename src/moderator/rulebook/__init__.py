"""Rules and policy from files to one immutable book."""
