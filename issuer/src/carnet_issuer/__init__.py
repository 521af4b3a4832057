"""Carnet: the issuer service."""
