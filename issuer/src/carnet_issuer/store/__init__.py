"""Durable state of the issuer: tables, migrations, and transactions that mean it."""
