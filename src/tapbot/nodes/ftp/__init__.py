"""FTP: lists, fetches, sends, renames and deletes files by FTP or SFTP."""
