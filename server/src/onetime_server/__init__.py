"""A local server that answers as the Onetime Secret v1 REST API does."""
