"""Networks of Hugging Face: opened, checked, read in batches with a shared KV cache."""
