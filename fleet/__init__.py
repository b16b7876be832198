"""Many machines work off the rows of one operation, through a queue in PostgreSQL that nobody need trust.

A worker takes rows out of the database, captures each into a case of its own and signs with a key of its own. What is
collected is checked by keys, seals and hashes alone: the database can keep work from being done, and cannot make
evidence.
"""
