"""The staff's web, and the one place that knows who works here. It keeps no clinical data."""
