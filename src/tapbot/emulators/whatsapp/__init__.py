"""The WhatsApp Cloud API as a local server: strict about request bodies, with people who write and press by HTTP."""
