# Multiple imputation by R's mice: a second opinion on the imputation itself, on three public data sets.
#
# Run in this folder, after logistic.R:   Rscript chained.R
# Writes each data set as it is imputed (missing_*.csv) and what 500 sets of mice give (r_chained.csv): pooled estimates
# of a logistic regression, and what their Monte Carlo error is computed from, the variance between sets and the SD of
# the squared standard errors. Values are unknown in pbc (survival) and Pima.tr2 (MASS) as published; in birthwt (MASS)
# they are made unknown at random given the outcome and age. Debian: r-recommended, r-cran-mice.
options(digits = 15, warn = -1)
suppressMessages(library(mice))
m <- 500
rows <- list()

pool_of <- function(name, data, formula, yes_no) {
  write.csv(data, paste0("missing_", name, ".csv"), row.names = FALSE, na = "")
  for (column in yes_no) data[[column]] <- factor(data[[column]])
  made <- mice(data, m = m, maxit = 10, seed = 2019, printFlag = FALSE)   # pmm (5 donors), logreg, polyreg
  cat(name, made$method, "\n")
  fits <- lapply(1:m, function(k) {
    each <- complete(made, k)
    for (column in yes_no) each[[column]] <- as.numeric(as.character(each[[column]]))
    summary(glm(formula, binomial, each, control = list(epsilon = 1e-12, maxit = 30)))$coefficients
  })
  B <- sapply(fits, function(fit) fit[, 1]); U <- sapply(fits, function(fit) fit[, 2]^2)
  between <- apply(B, 1, var)
  rows[[name]] <<- data.frame(dataset = name, column = rownames(B), sets = m, B = rowMeans(B),
                              SE = sqrt(rowMeans(U) + (1 + 1 / m) * between), between = between,
                              within_sd = apply(U, 1, sd))
}

pbc <- survival::pbc
pbc <- data.frame(died = as.numeric(pbc$status == 2), pbc[, c("age", "hepato", "spiders", "albumin", "chol", "platelet",
                                                             "protime")])
pool_of("pbc", pbc, died ~ ., c("died", "hepato", "spiders"))

pima <- MASS::Pima.tr2
pima <- data.frame(diabetes = as.numeric(pima$type == "Yes"), pima[, c("npreg", "glu", "bp", "skin", "bmi", "ped", "age")])
pool_of("pima", pima, diabetes ~ ., "diabetes")

set.seed(2019)
births <- MASS::birthwt[, c("low", "age", "lwt", "race", "smoke", "ht", "ui")]
births$race <- c("white", "black", "other")[births$race]
for (column in c("lwt", "race", "smoke", "ui"))
  births[runif(nrow(births)) < plogis(-2 + births$low + 0.05 * (births$age - 23)), column] <- NA
births$race <- factor(births$race)
pool_of("birthwt", births, low ~ ., c("low", "smoke", "ht", "ui"))

write.csv(do.call(rbind, rows), "r_chained.csv", row.names = FALSE)
