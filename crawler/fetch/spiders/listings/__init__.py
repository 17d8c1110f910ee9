"""A run's listings: what is asked for, what they lead to, and where reading goes on."""
