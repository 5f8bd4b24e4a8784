"""What is drawn: panels, preferences, icons and badges. Nothing here changes an edit."""
