"""The operator's commands: `python -m services COMMAND`, on this machine or against containers."""
