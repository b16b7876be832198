"""From a scene to sealed items: sources, the recorder, photo facts."""
