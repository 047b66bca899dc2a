"""Applications to the node's data access committee.

desk       open, act, copy, set the committee: each is decided and recorded in one transaction
views      what one person sees of an application, with all that a page about it shows
grants     what an account may ask for at a moment: folded from the ledger, stored nowhere
"""
