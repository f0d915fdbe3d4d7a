"""What agents ask for: enrolment, tokens, grants, confirmations, states."""
