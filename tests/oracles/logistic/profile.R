# Profile intervals in R: survival's pbc, whose prothrombin time lies between 9 and 18, and a birth year of our own.
#
# Run in this folder:   Rscript profile.R
# Writes pbc.csv (died by the end of follow-up, 0/1; complete cases of the columns used) and r_profile.csv: what R's own
# confint() gives for each column, and the ends solved for to twelve digits (confint() interpolates).
# Packages: survival and MASS, which R brings along. Without a birth year that R ships, `born` is 1974 less the age.

options(digits = 15, warn = -1)
suppressMessages({library(survival); library(MASS)})

cases <- na.omit(transform(pbc, died = as.integer(status == 2), born = round(1974 - age),
                           female = as.integer(sex == "f"))[, c("died", "protime", "albumin", "born", "female", "platelet")])
write.csv(cases, "pbc.csv", row.names = FALSE)
cases <- read.csv("pbc.csv")
rows <- NULL
for (terms in list("protime", "born", c("protime", "albumin", "born", "female", "platelet"))) {
  fit <- glm(reformulate(terms, "died"), binomial, cases, control = list(epsilon = 1e-14, maxit = 50))
  printed <- suppressMessages(confint(fit))
  for (name in terms) {  # centred: only a slope is asked for, and a shift does not change it
    centred <- cases; centred[terms] <- scale(cases[terms], scale = FALSE)
    rest <- setdiff(terms, name)
    held <- function(v) deviance(glm(reformulate(if (length(rest)) rest else "1", "died"), binomial, centred,
                                     offset = v * centred[[name]], control = list(epsilon = 1e-14, maxit = 50)))
    gap <- function(v) held(v) - deviance(fit) - qchisq(0.95, 1)
    b <- coef(fit)[[name]]; se <- sqrt(vcov(fit)[name, name])
    end <- sapply(c(-1, 1), function(side)
      uniroot(gap, sort(b + side * c(0.5, 3) * se), tol = 1e-13, extendInt = "yes")$root)
    rows <- rbind(rows, data.frame(terms = paste(terms, collapse = " "), column = name, odds_ratio = exp(b),
                                   confint_low = exp(printed[name, 1]),
                                   confint_high = exp(printed[name, 2]), low = exp(end[1]), high = exp(end[2])))
  }
}
write.csv(format(rows, digits = 15, trim = TRUE), "r_profile.csv", row.names = FALSE, quote = FALSE)
