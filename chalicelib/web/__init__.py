"""Floor 1: the only package that speaks HTTP and Chalice: endpoints, pages, sessions, problems. No hotel."""
