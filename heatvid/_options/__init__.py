"""Options: each once, with its check, its help and what it means beside others."""
