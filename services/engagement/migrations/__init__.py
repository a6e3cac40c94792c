"""Revisions of the engagement database, in order."""
