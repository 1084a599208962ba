# Second opinion on keepsafe.statistics.agreement, by psych where it has the coefficient, by arithmetic where it has not.
#   Rscript agreement.R               three public or published sets, into this folder
#   Rscript agreement.R FILE.csv      one more set of pairs (two columns of codes, first and second coder)
# pairs.csv holds the codes (data,kind,first,second); expected.csv: data,quantity,value.
suppressPackageStartupMessages(library(psych))
options(digits = 15, warn = -1)
rows <- list()
put <- function(data, quantity, values) for (i in seq_along(values))
  rows[[length(rows) + 1]] <<- data.frame(data, quantity = paste0(quantity, c("", "_low", "_high"))[i],
                                          value = sprintf("%.15g", values[i]))

wilson <- function(k, n) c(k / n, prop.test(k, n, correct = FALSE)$conf.int)

ac1 <- function(tab) {                       # Gwet 2008, the closed formula, with n / (n - 1) and Student's t
  n <- sum(tab); p <- tab / n; q <- nrow(tab)
  share <- (rowSums(p) + colSums(p)) / 2
  pa <- sum(diag(p)); pe <- sum(share * (1 - share)) / (q - 1); g <- (pa - pe) / (1 - pe)
  pairs <- 0
  for (k in 1:q) for (l in 1:q) pairs <- pairs + p[k, l] * (1 - (share[k] + share[l]) / 2)^2
  v <- pa * (1 - pa) - 4 * (1 - g) * (sum(diag(p) * (1 - share)) / (q - 1) - pa * pe) +
    4 * (1 - g)^2 * (pairs / (q - 1)^2 - pe^2)
  half <- qt(.975, n - 1) * sqrt(v / (n - 1)) / (1 - pe)
  c(g, max(-1, g - half), min(1, g + half))
}

distance <- function(tab) abs(row(tab) - col(tab)) / (nrow(tab) - 1)
weighted <- function(tab, w) {               # Fleiss, Cohen and Everitt 1969
  n <- sum(tab); p <- tab / n
  a <- rowSums(p); b <- colSums(p)
  po <- sum(w * p); pe <- sum(w * outer(a, b)); kappa <- (po - pe) / (1 - pe)
  wa <- as.vector(w %*% b); wb <- as.vector(a %*% w)
  v <- sum(p * (w - outer(wa, wb, "+") * (1 - kappa))^2) - (kappa - pe * (1 - kappa))^2
  half <- qnorm(.975) * sqrt(v / n) / (1 - pe)
  c(kappa, max(-1, kappa - half), min(1, kappa + half))
}

analyse <- function(data, kind, first, second) {
  n <- length(first)
  put(data, "agreement", wilson(sum(first == second), n))
  if (kind == "number") {
    icc <- ICC(cbind(first, second), lmer = FALSE)$results[2, ]
    put(data, "icc", unlist(icc[c("ICC", "lower bound", "upper bound")]))
    return(invisible())
  }
  levels <- sort(unique(c(first, second)))
  tab <- unclass(table(factor(first, levels), factor(second, levels)))
  found <- cohen.kappa(tab)
  put(data, "kappa", found$kappa)
  put(data, "psych_weighted", found$weighted.kappa)    # quadratic
  put(data, "kappa", weighted(tab, diag(nrow(tab))))
  put(data, "ac1", ac1(tab))
  put(data, "linear", weighted(tab, 1 - distance(tab)))
  put(data, "quadratic", weighted(tab, 1 - distance(tab)^2))
}

arguments <- commandArgs(TRUE)
if (length(arguments)) {
  pairs <- na.omit(read.csv(arguments[1]))
  analyse(names(pairs)[1], if (is.numeric(pairs[[1]]) && !all(unlist(pairs) %in% 0:1)) "number" else "category",
          as.character(pairs[[1]]), as.character(pairs[[2]]))
  write.csv(do.call(rbind, rows), stdout(), row.names = FALSE, quote = FALSE)
} else {
  quarter <- function(x) cut(x, quantile(x, 0:4 / 4), labels = c("a", "b", "c", "d"), include.lowest = TRUE)
  sets <- list(
    paradox = list("category", rep(c("0", "1"), c(19, 1)), c(rep("0", 18), "1", "0")),
    infert = list("category", as.character(infert$induced > 0), as.character(infert$spontaneous > 0)),
    attitude = list("ordered", as.character(quarter(attitude$rating)), as.character(quarter(attitude$complaints))),
    iris = list("ordered", as.character(quarter(iris$Petal.Length)), as.character(quarter(iris$Sepal.Length))),
    sleep = list("number", sleep$extra[sleep$group == 1], sleep$extra[sleep$group == 2]),
    ratings = list("number", attitude$rating, attitude$complaints),
    discoveries = list("number", discoveries[1:50], discoveries[51:100])
  )
  pairs <- do.call(rbind, lapply(names(sets), function(name) data.frame(
    data = name, kind = sets[[name]][[1]], first = as.character(sets[[name]][[2]]),
    second = as.character(sets[[name]][[3]]))))
  write.csv(pairs, "pairs.csv", row.names = FALSE, quote = FALSE)
  for (name in names(sets)) analyse(name, sets[[name]][[1]], sets[[name]][[2]], sets[[name]][[3]])
  write.csv(do.call(rbind, rows), "expected.csv", row.names = FALSE, quote = FALSE)
}
