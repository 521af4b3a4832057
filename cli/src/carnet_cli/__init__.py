"""The `carnet` command: arguments in, one call of a role's facade, data out."""
