"""Where reports come from: an HTTP endpoint and a watched folder. Both end in `intake.take`."""
