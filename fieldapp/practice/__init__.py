"""Practice as data: record definitions, measures, programmes and vocabularies, with their loaders."""
