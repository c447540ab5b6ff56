"""Numbers with intervals: means, ratios, differences, dependent trials, many comparisons."""
