"""Facebook Graph API: any request of Meta's Graph API."""
