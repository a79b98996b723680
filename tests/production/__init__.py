"""Velory as it runs in production on PostgreSQL: three roles that sign in, each for its own part."""
