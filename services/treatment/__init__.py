"""Medication courses: the formulary, courses from start to close, and tapers."""
