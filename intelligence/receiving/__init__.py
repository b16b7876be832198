"""Receiving: what the public sends through a page of one's own, one person and one link at a time.

What arrives is kept at once, outlives every break of the line and of this computer, and becomes an intake of the case
when it is handed in. Who sends it is not recorded: a contact is encrypted to the source unit before it is stored.
"""
