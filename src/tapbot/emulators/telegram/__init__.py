"""The Telegram Bot API as a local server: strict about arguments, with people who write and press by HTTP."""
