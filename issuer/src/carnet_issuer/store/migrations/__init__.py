"""Alembic migrations of the issuer's database."""
