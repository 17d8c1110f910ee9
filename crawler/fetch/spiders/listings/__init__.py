"""A run's listings: which are requested, what they link to, and where paging stops."""
