"""Fine-tune language models on mathematics, one composed configuration a run."""
