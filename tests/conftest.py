"""What every room's tests share."""

from hypothesis import settings

pytest_plugins = ["tests.databases"]

# The same examples on every machine and no time limit an example: a red test is a defect.
settings.register_profile("tinquan", derandomize=True, deadline=None)
settings.load_profile("tinquan")
