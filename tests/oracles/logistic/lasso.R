# The LASSO by R's glmnet: B of every candidate in cohort.csv at each penalty that keepsafe tries.
#
# Run in this folder:   Rscript lasso.R      writes r_lasso.csv. Debian: r-cran-glmnet.
# The penalties fall from the smallest one that leaves nothing in, in 25 equal steps of the logarithm, to a 300th.
options(digits = 15, warn = -1)
suppressMessages(library(glmnet))
cohort <- read.csv("cohort.csv")
candidates <- setdiff(names(cohort), c("synthetic", "cse"))
X <- as.matrix(cohort[candidates]); y <- cohort$cse
standardised <- apply(X, 2, function(x) (x - mean(x)) / sqrt(mean((x - mean(x))^2)))
largest <- max(abs(crossprod(standardised, y - mean(y)))) / length(y)
penalties <- largest / exp(seq(0, log(300), length.out = 25))
B <- as.matrix(coef(glmnet(X, y, "binomial", lambda = penalties, thresh = 1e-14, maxit = 1e7)))[candidates, ]
rows <- data.frame(penalty = rep(penalties, each = length(candidates)), column = candidates, B = c(B))
write.csv(format(rows, digits = 15, trim = TRUE), "r_lasso.csv", row.names = FALSE, quote = FALSE)
