"""Keys of a request's meta that middlewares and spiders share."""

CAPTURE = "capture"  # the Capture of its response
POLL = "poll"  # True if the request only checks for news: a listing, or robots.txt
RECORD = "record"  # the WARC file and offset of the record that answers it
OFFSITE_TARGET = "offsite_target"  # the target of an off-site redirect, which is not followed
