"""A real browser against real servers: the chat page, the console and the widget as their users meet them."""
