"""What is wrong with case files, in words: columns, entries, identifiers, and what contradicts what."""
