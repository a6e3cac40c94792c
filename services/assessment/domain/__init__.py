"""The clinical subject: standard library only, facts in, decisions out."""
