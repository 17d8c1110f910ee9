"""Any outlet: class names that many Vietnamese templates share; otherwise the text is guessed."""

import re

from crawler.families.base import Family, Layout

LAYOUT = Layout(
    name="generic-1",
    title=("h1",),
    sapo=(
        "[data-role=sapo]", "h2.sapo", "p.sapo", ".sapo", "[class*=sapo]", ".article-lead",
        ".article-summary", "[class*=summary]", ".lead", "[itemprop=description]:not(meta)",
        "[class*=detail-desc]", ".article-desc", ".post-excerpt", ".chapeau", "h2.description",
        "p.description", ".cms-desc", "[class*=article-desc]", "[class~=Lead]", "[class*=mo-dau]",
        "[class*=init_content]", "[class*=trich-yeu]", "[class*=tom-tat]",
    ),
    body=(
        "[itemprop=articleBody]", "#article-body", ".article-body", ".article__body",
        ".article-content", ".detail-content", ".content-detail", ".entry-content",
        ".post-content", ".news-content", ".the-article-body", ".fck_detail", ".cms-body",
    ),
    author=(
        "[itemprop=author] [itemprop=name]", "[rel=author]", "a[href*='/tac-gia/']",
        "p.author", "[class*=author-name]", ".author", "[class*=author]", ".byline",
    ),
    time=(
        "[itemprop=datePublished]", "time[datetime]", "[class*=publish]", "[class*=pubdate]",
        ".datetime", ".date-time", "[class*=datetime]", ".time", ".date", "[class*=time]",
        "[class*=date]", "span", "p", "li", "div",
    ),
    section=(".breadcrumb a", ".breadcrumbs a", "[class*=breadcrumb] a"),
    tags=("a[rel=tag]", ".tags a", ".tag a", "[class*=tags] a", "[class*=tu-khoa] a",
          "[class*=keyword] a"),
    credit=("[class*=source] a", ".source", ".nguon"),
)  # fmt: skip

FAMILY = Family(
    name="generic",
    marks=(),
    # Matches nothing: without ids, articles are identified by their URLs.
    article_url=re.compile(r"(?!)(?P<id>)"),
    layouts=(LAYOUT,),
)
