"""A team's files: checked, cleaned, kept safe, described."""
