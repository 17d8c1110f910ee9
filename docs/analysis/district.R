# Who writes about a district, and what was changed? The same as district.ipynb, in R.
#
#   tinquan export --place "quận Đống Đa" --with-successors core --output dong-da.parquet
#   Rscript docs/analysis/district.R dong-da.parquet
#
# Needs the package arrow.

given <- commandArgs(trailingOnly = TRUE)
file <- if (length(given) > 0) given[[1]] else "dong-da.parquet"
articles <- as.data.frame(arrow::read_parquet(
  file,
  col_select = c("id", "outlet", "title", "published_at", "places", "states", "removed_at")
))

# Articles by month, in Việt Nam's time, and outlet.
month <- format(articles$published_at, "%Y-%m", tz = "Asia/Ho_Chi_Minh")
print(table(month, outlet = articles$outlet))

# Articles about the district itself (q-…), and about wards (p-…).
places <- data.frame(
  id = rep(articles$id, lengths(articles$places)),
  place = as.character(unlist(articles$places))
)
places$level <- sub("-.*", "", places$place)
print(tapply(places$id, places$level, function(ids) length(unique(ids))))

# What was edited, and what is gone.
changed <- articles$states > 1 | !is.na(articles$removed_at)
print(articles[changed, c("id", "outlet", "title", "states", "removed_at")])
