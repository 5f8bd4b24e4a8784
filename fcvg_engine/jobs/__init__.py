"""Jobs from request to report: inbetweens, conditions, a look at two keys, the self-test."""
