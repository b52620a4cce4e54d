"""Google Drive Trigger: starts when files or folders are made or changed."""
