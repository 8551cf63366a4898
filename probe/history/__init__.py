"""The history: every connection's record, kept in SQLite or PostgreSQL, and what can be asked of it."""
