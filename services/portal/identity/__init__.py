"""Who works here: accounts, passwords, sessions, signing keys and the tokens made with them."""
