"""What the demo replays: invented stories, the two outlets' markup, and the builder of the WARC."""
