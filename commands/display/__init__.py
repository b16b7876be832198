"""All that draws on a terminal: tables, progress, lines for people."""
