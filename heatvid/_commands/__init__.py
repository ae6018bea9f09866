"""Commands with modules of their own, and what all commands' parsers have in common."""
