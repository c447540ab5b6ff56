"""Reading a reply: from raw text to an answer, in stages."""
