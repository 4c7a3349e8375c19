"""The tiny model that mathpal ships: weights, tokenizer, and the scripts that made them."""
