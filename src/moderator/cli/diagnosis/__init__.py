"""What `moderator doctor` examines: one module for each neighbour of the service."""
