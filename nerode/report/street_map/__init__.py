"""Street maps of a record, as the page draws them."""
