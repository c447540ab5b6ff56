"""What a page says of chat models."""
