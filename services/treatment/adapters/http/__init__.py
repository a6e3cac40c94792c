"""The service's HTTP interface: one file per subject, bodies in ``shared.api.treatment``."""
