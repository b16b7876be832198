"""The form of a disclosure: single items of a capture, each with the proof that it belongs to the sealed whole.

A disclosure is a bundle in which a capture's ledger is replaced by those of its lines that speak of the items.
`exports.bundle` writes this form and `exports.verification` checks it.
"""
