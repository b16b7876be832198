"""Making a disclosure: the chosen lines, files and exchanges of single items, and nothing that tells of the others."""
