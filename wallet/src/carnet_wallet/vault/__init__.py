"""The sealed store of the worker's certificates, keys and history (docs/vault.md)."""
