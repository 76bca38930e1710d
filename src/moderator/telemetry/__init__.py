"""What ops see: logs and metrics."""
