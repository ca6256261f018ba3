"""fieldapp: an offline-first field record for family-support keyworkers."""
