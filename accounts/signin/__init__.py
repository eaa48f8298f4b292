"""Signing in, on django-allauth: password, second factor, proof of presence, sessions, dormant accounts (ADR 0018)."""
