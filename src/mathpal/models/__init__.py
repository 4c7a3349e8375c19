"""Where a model and its tokenizer come from, one module a backend."""
