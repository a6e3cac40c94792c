"""Support as treatment: programmes, contacts, and what is watched over between them."""
