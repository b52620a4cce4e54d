"""Form: another page of a form, or its last one."""
