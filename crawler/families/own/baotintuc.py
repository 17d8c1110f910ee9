"""Báo Tin tức (TTXVN), its own CMS: sections end in `-612ct529.htm`, articles in 17 digits."""

import re

from crawler.families.base import Family, Layout, other_pages

LAYOUT = Layout(
    name="baotintuc-2020",
    title=("h1.title", "h1"),
    sapo=("h2.sapo",),
    body=(".boxdetail .contents", ".contents", ".boxdetail", ".mixcontent"),
    author=(".boxdetail .author strong", ".author strong"),  # the header appends the agency
    time=(".action-link .date .txt", "div.time"),
    section=(".action-link .cate a",),
    tags=(".keysword a", ".tagname a"),
    drop=(
        ".author, .widget",  # the byline, extracted separately; another story with its lead
        "h1.title, h2.sapo, div.time",  # the head, if the whole box is the container
        ".tagname",
    ),
)

FAMILY = Family(
    name="baotintuc",
    marks=("boxdetail", "mixcontent"),
    article_url=re.compile(r"baotintuc\.vn/.+-(?P<id>\d{17})\.htm$"),
    others=other_pages(
        section_page=r"-\d+ct\d+\.htm$",
        listing_page=r"ct\d+/d\d{2}-\d{2}-\d{4}\.htm$",
        tag_page=r"/tags?/",
        video_page=r"/video/",
    ),
    hosts=("baotintuc.vn",),
    layouts=(LAYOUT,),
)
