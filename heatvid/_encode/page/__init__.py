"""A page that carries values as video: its sources, and what builds one file of them."""
