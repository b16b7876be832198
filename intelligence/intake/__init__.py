"""Intake: what somebody hands in, as a sealed capture of a case.

What was handed in stays whole; what an archive, a mail or a chat export holds becomes items of its own beside it. It is
opened in the sandbox, nothing is fetched, and names and times are kept as the claims that they are.
"""

from intelligence.intake.take_in import IntakeRequest, take_in

__all__ = ["IntakeRequest", "take_in"]
