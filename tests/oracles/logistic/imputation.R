# Rubin's rules by R's mice: a second opinion on the pooling of fits to imputed data sets.
#
# Run in this folder, after logistic.R:   Rscript imputation.R
# Makes holes in birthwt, imputes them with mice (seeded), and writes the completed sets (imputed.csv) and what
# mice::pool makes of the same logistic regression in each (r_pooled.csv). Debian: r-cran-mice.
options(digits = 15, warn = -1)
suppressMessages(library(mice))
data <- read.csv("birthwt.csv")[, c("low", "age", "lwt", "smoke", "ht", "ui")]
set.seed(2019)
for (name in c("lwt", "smoke", "ui")) data[sample(nrow(data), 30), name] <- NA
made <- mice(data, m = 8, method = "pmm", seed = 2019, printFlag = FALSE)
write.csv(cbind(set = rep(1:8, each = nrow(data)), do.call(rbind, lapply(1:8, function(k) complete(made, k)))),
          "imputed.csv", row.names = FALSE)
control <- list(epsilon = 1e-14, maxit = 30)
pooled <- summary(pool(with(made, glm(low ~ age + lwt + smoke + ht + ui, binomial, control = control))))
full <- pool(with(made, glm(low ~ age + lwt + smoke + ht + ui, binomial, control = control)))$pooled
write.csv(data.frame(column = pooled$term, B = pooled$estimate, SE = pooled$std.error, df = pooled$df,
                     p = pooled$p.value, fraction_missing = full$fmi), "r_pooled.csv", row.names = FALSE)
