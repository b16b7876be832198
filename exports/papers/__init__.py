"""Papers for a court, drafted from a bundle's ledgers alone: a witness statement, a certificate, a disclosure schedule.

A person reads, corrects and signs them. What the ledgers do not know stays a marked blank; nothing is made up.
"""

from exports.papers.drafting import FORMS, PaperOptions, draft_paper

__all__ = ["FORMS", "PaperOptions", "draft_paper"]
