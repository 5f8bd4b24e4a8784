"""Networks with the published key names. They know nothing of where weights come from."""
