"""What was asked for and what an extractor yields: scenes, options, findings. The ground of capture."""
