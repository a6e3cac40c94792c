"""Pages, samples and schemas made from the catalogue of facts, and the gate that keeps a promise.

Within one version of a fact only optional fields are added (house rule for events): whoever
reads or wrote it yesterday still can tomorrow.
"""
