"""What the trials of compression and distinction come to: streams of records, few numbers kept."""
