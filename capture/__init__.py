"""From a scene to sealed items: extractors, the recorder, photo facts."""
