"""Carnet: who may say what, under which name."""
