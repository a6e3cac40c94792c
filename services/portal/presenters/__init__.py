"""From what the services say to what a person reads. Pure: no request, no call, no clock."""
