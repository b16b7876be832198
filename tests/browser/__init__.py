"""A real browser for the tests: the system's Chromium without a window, driven over the DevTools protocol."""
