# Standardised risks, influence, splines and sample size in R: base functions, and arithmetic written out.
#
# Run in this folder:   Rscript standardised.R
# Reads birthwt.csv (MASS) and writes r_standardised.csv, r_influence.csv, r_splines.csv, r_sample_size.csv. Packages: splines, which R brings along.

options(digits = 15)
library(splines)
cases <- read.csv("birthwt.csv")
terms <- c("age", "lwt", "smoke", "ht", "ui")
fit <- glm(reformulate(terms, "low"), binomial, cases, control = list(epsilon = 1e-14, maxit = 50))
V <- vcov(fit); z <- qnorm(0.975)

# means of predictions with a column set to a value; gradients by central differences of the whole estimator
estimate <- function(b, name, high, low) {
  mean_at <- function(value) { X <- model.matrix(fit); X[, name] <- value; mean(plogis(X %*% b)) }
  r1 <- mean_at(high); r0 <- mean_at(low)
  c(qlogis(r1), qlogis(r0), r1 - r0, log(r1 / r0))
}
rows <- NULL
for (name in terms) {
  x <- cases[[name]]
  ends <- if (length(unique(x)) == 2) range(x) else quantile(x, c(.25, .75), type = 1)
  at <- estimate(coef(fit), name, ends[2], ends[1])
  J <- sapply(seq_along(coef(fit)), function(k) {
    h <- 1e-4 * sqrt(V[k, k]); up <- down <- coef(fit); up[k] <- up[k] + h; down[k] <- down[k] - h
    (estimate(up, name, ends[2], ends[1]) - estimate(down, name, ends[2], ends[1])) / (2 * h) })
  se <- sqrt(diag(J %*% V %*% t(J)))
  back <- list(plogis, plogis, identity, exp)
  all <- sapply(1:4, function(k) back[[k]](at[k] + c(0, -1, 1) * z * se[k]))
  rows <- rbind(rows, data.frame(column = name, value = ends[2], reference = ends[1], t(c(all))))
}
names(rows)[4:15] <- paste0(rep(c("risk", "risk_reference", "risk_difference", "risk_ratio"), each = 3), c("", "_low", "_high"))
write.csv(format(rows, digits = 12, trim = TRUE), "r_standardised.csv", row.names = FALSE, quote = FALSE)

# the model without each person in turn
left <- lapply(seq_len(nrow(cases)), function(i) {
  again <- glm(formula(fit), binomial, cases[-i, ], control = list(epsilon = 1e-14, maxit = 50)); summary(again)$coefficients })
p <- summary(fit)$coefficients[, 4]
rows <- do.call(rbind, lapply(names(coef(fit)), function(name) {
  b <- sapply(left, function(each) each[name, 1]); q <- sapply(left, function(each) each[name, 4])
  data.frame(column = name, lowest = exp(min(b)), highest = exp(max(b)), turns = sum((q < .05) != (p[[name]] < .05)),
             vif = if (name == "(Intercept)") NA else 1 / (1 - summary(lm(reformulate(setdiff(terms, name), name), cases))$r.squared)) }))
write.csv(format(rows, digits = 12, trim = TRUE), "r_influence.csv", row.names = FALSE, quote = FALSE)

# a natural spline with the same knots spans the same curves as Harrell's restricted cubic one
rows <- NULL
quantiles <- list(`3` = c(.1, .5, .9), `4` = c(.05, .35, .65, .95), `5` = c(.05, .275, .5, .725, .95))
for (k in names(quantiles)) for (name in c("age", "lwt")) {
  knots <- quantile(cases[[name]], quantiles[[k]]); m <- length(knots)
  basis <- ns(cases[[name]], knots = knots[2:(m - 1)], Boundary.knots = knots[c(1, m)])
  bent <- glm(cases$low ~ as.matrix(cases[setdiff(terms, name)]) + basis, binomial, control = list(epsilon = 1e-14, maxit = 50))
  chi2 <- deviance(fit) - deviance(bent)
  rows <- rbind(rows, data.frame(knots = k, column = name, chi2 = chi2, df = m - 2, p = pchisq(chi2, m - 2, lower.tail = FALSE)))
}
write.csv(format(rows, digits = 12, trim = TRUE), "r_splines.csv", row.names = FALSE, quote = FALSE)

# Riley et al. 2019, Statistics in Medicine 38:1276-1296: equations 11, 13 and the margin of an overall risk
rows <- NULL
for (prevalence in c(.174, .263, .5, .9)) for (parameters in c(1, 24, 25)) for (r2 in c(.05, .15, .288)) {
  largest <- 1 - exp(2 * (prevalence * log(prevalence) + (1 - prevalence) * log(1 - prevalence)))
  if (r2 >= largest) next
  for_shrinkage <- function(S) parameters / ((S - 1) * log(1 - r2 / S))
  needed <- ceiling(c(for_shrinkage(.9), for_shrinkage(r2 / (r2 + .05 * largest)), (1.96 / .05)^2 * prevalence * (1 - prevalence)))
  rows <- rbind(rows, data.frame(prevalence, parameters, cox_snell = r2, shrinkage = needed[1], optimism = needed[2], overall = needed[3]))
}
write.csv(rows, "r_sample_size.csv", row.names = FALSE, quote = FALSE)
