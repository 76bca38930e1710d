"""What compliance staff and ops ask over HTTP."""
