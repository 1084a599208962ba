# Score intervals of ratios at empty and full cells, in R: the constrained likelihood is maximised by optimise(), the limits
# are found by uniroot(); no closed formula is used.
#
# Run in this folder:   Rscript ratios.R
# Writes ratios.csv: k1, n1, k0, n0, measure, low, high (0 and Inf where the interval is open).
options(digits = 15, warn = -1)

likelihood <- function(k, n, p) ifelse(k > 0, k * log(p), 0) + ifelse(n - k > 0, (n - k) * log1p(-p), 0)
with_risk <- function(p0, ratio) ratio * p0
with_odds <- function(p0, ratio) ratio * p0 / (1 + p0 * (ratio - 1))
chi2 <- function(ratio, x, other) {
  top <- if (identical(other, with_risk)) min(1, 1 / ratio) else 1
  loss <- function(p0) likelihood(x[1], x[2], other(p0, ratio)) + likelihood(x[3], x[4], p0)
  p0 <- optimise(loss, c(0, top), maximum = TRUE, tol = 1e-14)$maximum
  p1 <- min(other(p0, ratio), 1)
  if (identical(other, with_risk))       # Koopman 1984: the ratio's own score
    return((x[1] / x[2] - ratio * x[3] / x[4])^2 / (p1 * (1 - p1) / x[2] + ratio^2 * p0 * (1 - p0) / x[4]))
  (x[1] - x[2] * p1)^2 * (1 / (x[2] * p1 * (1 - p1)) + 1 / (x[4] * p0 * (1 - p0)))
}
rows <- NULL
for (x in list(c(0, 10, 5, 20), c(20, 20, 30, 30), c(5, 20, 0, 10), c(10, 10, 3, 20), c(3, 20, 10, 10), c(1, 1, 1, 3),
               c(0, 54, 8, 151), c(54, 54, 140, 151), c(0, 3, 1, 2))) for (measure in c("risk_ratio", "odds_ratio")) {
  p <- x[c(1, 3)] / x[c(2, 4)]
  other <- if (measure == "risk_ratio") with_risk else with_odds
  estimate <- if (measure == "risk_ratio") p[1] / p[2] else p[1] * (1 - p[2]) / ((1 - p[1]) * p[2])
  if (is.nan(estimate)) next
  gap <- function(log_ratio) chi2(exp(log_ratio), x, other) - qchisq(0.95, 1)
  from <- log(min(max(estimate, 1e-6), 1e6))
  low <- if (estimate == 0) 0 else exp(uniroot(gap, c(-14, from), tol = 1e-12)$root)
  high <- if (is.infinite(estimate)) Inf else exp(uniroot(gap, c(from, 14), tol = 1e-12)$root)
  rows <- rbind(rows, data.frame(k1 = x[1], n1 = x[2], k0 = x[3], n0 = x[4], measure, low, high))
}
write.csv(format(rows, digits = 12, trim = TRUE), "ratios.csv", row.names = FALSE, quote = FALSE)
