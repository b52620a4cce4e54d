"""Web chat: an embeddable widget, its own page, and HTTP. What is sent is delivered by live events."""
