"""The one door to a scene's servers: every exchange recorded raw, hashed as it arrives."""
