"""Keys of a request's meta under which one part of a crawl tells another what it knows."""

CAPTURE = "capture"  # the key in a request's meta under which its capture is passed on
LOOKS = "looks"  # the key in a request's meta that says: it only looks whether there is news
RECORD = "record"  # the key in a request's meta of the file and offset that answer it
OFFSITE_TARGET = "offsite_target"  # the key in a request's meta of a redirect not followed
