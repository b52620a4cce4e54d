"""SMS: texts go out by SMS.ru, SMSC or any service with an HTTP interface; none come in."""
