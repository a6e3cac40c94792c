"""The only package that speaks NATS.

The broker is a pipe: it may be deleted and refilled from the outboxes. Each module says one
thing: ``topology`` names streams and rights, ``provision`` makes them, ``connection`` is one
connection, ``relay`` empties the outbox into it, ``consumer`` applies what arrives,
``liveness`` notices a dead connection, ``speaker`` runs these together for a service.
"""
