"""PostgreSQL itself: connections, transactions, notices, the shape that this version needs."""
