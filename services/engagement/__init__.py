"""Obligations and reminders: what is owed to a person in care, to whom it falls, and when."""
