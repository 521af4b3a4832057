"""Bytes in, authenticated JSON out: JWS, SD-JWT, key binding, status lists, issuer keys.

Knows nothing of workers or OpenID, and does no I/O: fetching, time and the
signature back end are handed in. Import the module you need; this package
imports none of them by itself.
"""
