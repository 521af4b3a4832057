"""Carnet: what a decoded message means: credential types, OpenID and DCQL messages, metadata."""
