"""What `onetime-server` does: one file for each kind of command."""
