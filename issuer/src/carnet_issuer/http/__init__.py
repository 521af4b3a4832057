"""The issuer over HTTP: decode, one call, encode."""
