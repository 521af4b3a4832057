"""Alembic migrations of the verifier's database, newest last."""
