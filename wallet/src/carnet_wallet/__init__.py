"""Carnet: the wallet in the hands of the worker."""
