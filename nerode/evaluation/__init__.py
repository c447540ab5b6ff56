"""One evaluation: subject, run, record, replays, contradictions; and maps of written sequences."""
