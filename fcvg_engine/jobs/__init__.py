"""Jobs from request to report: inbetweens, conditions, the examination of two keys, the self-test."""
