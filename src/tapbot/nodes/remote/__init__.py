"""What the nodes of SSH, SFTP and FTP share."""
