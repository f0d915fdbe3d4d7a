"""What an operator does from a terminal, with their own AWS credentials: hospitals, agents, links, exams, the quarantine.

`python -m iac.operator --help`. Every decision is a row that the table's stream turns into a journal entry; a restrictive one
(revoke, hide) is journalled first, so that it holds even if the row is lost.
"""
