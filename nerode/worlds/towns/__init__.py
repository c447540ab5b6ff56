"""Made-up towns: street maps on which one cannot tell the place by counting turns."""
