"""Fakes: each passes the contract suite its SQL counterpart passes."""
