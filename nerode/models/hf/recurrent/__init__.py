"""LSTM and GRU language models in the Hugging Face format: network and reader."""
