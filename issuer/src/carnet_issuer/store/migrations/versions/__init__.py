"""One module a migration; the revision stands inside."""
