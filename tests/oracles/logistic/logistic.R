# Logistic regression in R: a second opinion on fits, intervals, elimination, Firth's fit and bootstrap selections.
#
# Run in this folder:   Rscript logistic.R
# Reads cohort.csv (a synthetic cohort: outcome `cse`, all other columns but `synthetic` are candidates; leave the
# file out and its rows are left out). Writes the data sets that R ships as CSV, the bootstrap resamples
# (resamples.csv.gz, written once and kept), and coefficients, fit, path, score, firth and selected as CSV.
# Packages: MASS and pROC (Debian r-cran-proc). Nothing here uses R's step(): it ranks by AIC, not by p.

options(digits = 15, warn = -1)
suppressMessages(library(pROC))

expand <- function(table, count) table[rep(seq_len(nrow(table)), table[[count]]), names(table) != count]

infert_cases <- infert[, c("case", "education", "age", "parity", "induced", "spontaneous")]
titanic <- expand(as.data.frame(Titanic), "Freq")
titanic <- data.frame(survived = as.integer(titanic$Survived == "Yes"), titanic[, c("Class", "Sex", "Age")])
cases <- expand(esoph[, c("agegp", "alcgp", "tobgp", "ncases")], "ncases")
controls <- expand(esoph[, c("agegp", "alcgp", "tobgp", "ncontrols")], "ncontrols")
oesophagus <- rbind(cbind(case = 1, cases), cbind(case = 0, controls))
birthwt <- transform(MASS::birthwt[, names(MASS::birthwt) != "bwt"], race = c("white", "black", "other")[race])
sets <- list(infert = infert_cases, titanic = titanic, esoph = oesophagus, birthwt = birthwt)
for (name in names(sets)) write.csv(sets[[name]], paste0(name, ".csv"), row.names = FALSE)
sets <- sapply(names(sets), function(name) read.csv(paste0(name, ".csv")), simplify = FALSE)  # levels by alphabet
if (file.exists("cohort.csv")) {
  cohort <- read.csv("cohort.csv")
  sets$cohort <- cohort[, c("cse", setdiff(names(cohort), c("cse", "synthetic")))]
}

formula_of <- function(data, terms) reformulate(if (length(terms)) terms else "1", names(data)[1])
ml <- function(data, terms) glm(formula_of(data, terms), binomial, data,
                                control = list(epsilon = 1e-14, maxit = 30))

# ---- fits: Wald and profile intervals (confint() interpolates, so the ends are solved for here)
profile_ends <- function(fit, level = 0.95) {
  X <- model.matrix(fit); y <- fit$y; b <- coef(fit); V <- vcov(fit); se <- sqrt(diag(V))
  excess <- function(value, j) {  # far from the estimate glm.fit can diverge from its own start
    start <- b[-j] + V[-j, j] / V[j, j] * (value - b[j])
    held <- glm.fit(X[, -j, drop = FALSE], y, start = start, offset = X[, j] * value, family = binomial(),
                    control = list(epsilon = 1e-14, maxit = 50))
    held$deviance - deviance(fit) - qchisq(level, 1)
  }
  t(sapply(seq_along(b), function(j) sapply(c(-1, 1), function(side)
    uniroot(excess, sort(b[j] + side * c(0.5, 3) * se[j]), j = j, tol = 1e-12, extendInt = "yes")$root)))
}
hosmer_lemeshow <- function(y, p, groups = 10) {  # groups between quantiles; ties stay together
  ends <- unique(quantile(p, seq_len(groups - 1) / groups))
  g <- factor(findInterval(p, ends, left.open = TRUE))
  o <- tapply(y, g, sum); e <- tapply(p, g, sum); n <- tapply(y, g, length)
  c(sum((o - e)^2 / (e * (1 - e / n))), nlevels(g) - 2)
}

# ---- Firth (1993): Newton on the modified score; coefficients named in `fixed` are held
firth <- function(X, y, fixed = integer(0), at = numeric(0)) {
  b <- rep(0, ncol(X)); b[fixed] <- at
  free <- setdiff(seq_along(b), fixed)
  value <- function(b) {
    p <- plogis(drop(X %*% b)); I <- crossprod(X * (p * (1 - p)), X)
    list(p = p, I = I, l = sum(ifelse(y == 1, log(p), log1p(-p))) + 0.5 * determinant(I)$modulus[1])
  }
  now <- value(b)
  for (k in 1:500) {
    if (!length(free)) break
    w <- now$p * (1 - now$p)
    h <- w * rowSums((X %*% solve(now$I)) * X)
    U <- crossprod(X, y - now$p + h * (0.5 - now$p))[free]
    step <- solve(now$I[free, free, drop = FALSE], U)
    size <- 1
    repeat {
      trial <- b; trial[free] <- b[free] + size * step
      new <- value(trial)
      if (new$l >= now$l - 1e-12 || size < 1e-6) break
      size <- size / 2
    }
    b <- trial; now <- new
    if (max(abs(step)) < 1e-12) break
  }
  w <- now$p * (1 - now$p)
  h <- w * rowSums((X %*% solve(now$I)) * X)
  list(b = b, V = solve(crossprod(X * (w * (1 + h)), X)), l = now$l)
}

# ---- backward elimination as SPSS documents BSTEP: remove until nothing goes, then one may re-enter
test_removal <- function(data, terms, statistic) {
  fit <- ml(data, terms); X <- model.matrix(fit); owner <- attr(X, "assign"); labels <- attr(terms(fit), "term.labels")
  V <- vcov(fit); b <- coef(fit)
  rows <- lapply(terms, function(name) {
    out <- which(owner == match(name, labels))
    value <- switch(statistic,
      lr = deviance(ml(data, setdiff(terms, name))) - deviance(fit),
      wald = drop(b[out] %*% solve(V[out, out], b[out])),
      conditional = {
        rest <- b[-out] - V[-out, out, drop = FALSE] %*% solve(V[out, out], b[out])
        eta <- drop(X[, -out, drop = FALSE] %*% rest)
        -2 * sum(ifelse(fit$y == 1, plogis(eta, log.p = TRUE), plogis(-eta, log.p = TRUE))) - deviance(fit)
      })
    data.frame(term = name, statistic = value, df = length(out), p = pchisq(value, length(out), lower.tail = FALSE))
  })
  do.call(rbind, rows)
}
score <- function(data, terms, outside) {
  table <- add1(ml(data, terms), reformulate(c(".", outside)), test = "Rao")[-1, ]
  data.frame(term = rownames(table), statistic = table$`Rao score`, df = table$Df, p = table$`Pr(>Chi)`)
}
eliminate <- function(data, statistic, p_remove = 0.10, p_enter = 0) {
  all <- names(data)[-1]; inside <- all; path <- NULL; seen <- list(inside)
  repeat {
    move <- NULL
    if (length(inside)) {
      tests <- test_removal(data, inside, statistic)
      worst <- tests[which.max(tests$p), ]
      if (worst$p > p_remove) move <- cbind(action = "removed", worst)
    }
    if (is.null(move) && p_enter > 0 && length(setdiff(all, inside))) {
      tests <- score(data, inside, setdiff(all, inside))
      best <- tests[which.min(tests$p), ]
      if (best$p < p_enter) move <- cbind(action = "entered", best)
    }
    if (is.null(move)) break
    next_inside <- if (move$action == "removed") setdiff(inside, move$term) else all[all %in% c(inside, move$term)]
    if (any(sapply(seen, setequal, next_inside))) break
    inside <- next_inside; seen <- c(seen, list(inside))
    path <- rbind(path, cbind(move, deviance = deviance(ml(data, inside))))
  }
  list(path = path, inside = inside)
}

# ---- selections in resamples: only which model is kept, so glm.fit on the columns
select_fast <- function(X, owner, y, p_remove = 0.10) {
  dev <- function(keep) glm.fit(X[, keep, drop = FALSE], y, family = binomial(),
                                control = list(epsilon = 1e-12, maxit = 40))
  inside <- setdiff(unique(owner), 0)
  repeat {
    if (!length(inside)) break
    full <- dev(owner %in% c(0, inside))
    p <- sapply(inside, function(t) {
      less <- dev(owner %in% c(0, setdiff(inside, t)))
      df <- full$rank - less$rank
      if (df == 0) 1 else pchisq(less$deviance - full$deviance, df, lower.tail = FALSE)
    })
    if (max(p) <= p_remove) break
    inside <- inside[-which.max(p)]
  }
  inside
}

coefficients <- fits <- paths <- scores <- firths <- selected <- NULL
for (name in names(sets)) {
  data <- sets[[name]]; terms <- names(data)[-1]; fit <- ml(data, terms)
  X <- model.matrix(fit); y <- fit$y; n <- length(y)
  b <- coef(fit); se <- sqrt(diag(vcov(fit))); ends <- profile_ends(fit)
  coefficients <- rbind(coefficients, data.frame(
    dataset = name, column = names(b), B = b, SE = se, Wald = (b / se)^2,
    p = pchisq((b / se)^2, 1, lower.tail = FALSE), low = exp(b - qnorm(.975) * se), high = exp(b + qnorm(.975) * se),
    profile_low = exp(ends[, 1]), profile_high = exp(ends[, 2])))
  cs <- 1 - exp((deviance(fit) - fit$null.deviance) / n); hl <- hosmer_lemeshow(y, fitted(fit))
  fits <- rbind(fits, data.frame(
    dataset = name, n = n, events = sum(y), deviance = deviance(fit), null_deviance = fit$null.deviance,
    cox_snell = cs, nagelkerke = cs / (1 - exp(-fit$null.deviance / n)), hosmer_lemeshow = hl[1],
    hosmer_lemeshow_df = hl[2], auc = as.numeric(auc(roc(y, fitted(fit), quiet = TRUE, direction = "<"))),
    ties = length(unique(round(fitted(fit), 10))) < n))
  for (statistic in c("lr", "wald", "conditional")) for (p_enter in c(0, 0.099)) {
    path <- eliminate(data, statistic, 0.10, p_enter)$path
    if (!is.null(path)) paths <- rbind(paths, data.frame(
      dataset = name, removal = statistic, p_enter = p_enter, step = seq_len(nrow(path)), path))
  }
  half <- terms[seq_len(ceiling(length(terms) / 2))]
  scores <- rbind(scores, data.frame(dataset = name, score(data, half, setdiff(terms, half))))
  if (name %in% c("infert", "birthwt")) {
    f <- firth(X, y); limit <- f$l - qchisq(0.95, 1) / 2
    for (j in seq_along(b)) {
      gap <- function(v) firth(X, y, j, v)$l - limit
      s <- sqrt(f$V[j, j])
      ends <- sapply(c(-1, 1), function(side)
        uniroot(gap, sort(f$b[j] + side * c(0.5, 6) * s), tol = 1e-11, extendInt = "yes")$root)
      lr <- 2 * (f$l - firth(X, y, j, 0)$l)
      firths <- rbind(firths, data.frame(dataset = name, column = names(b)[j], B = f$b[j], SE = s,
        p = pchisq(lr, 1, lower.tail = FALSE), low = exp(ends[1]), high = exp(ends[2])))
    }
  }
  if (name %in% c("birthwt", "cohort")) {
    file <- paste0("resamples_", name, ".csv.gz")
    if (!file.exists(file)) {
      set.seed(2019)
      write.table(t(replicate(200, sample.int(n, replace = TRUE))), gzfile(file), sep = ",", row.names = FALSE,
                  col.names = FALSE)
    }
    rows <- as.matrix(read.csv(file, header = FALSE)); owner <- attr(X, "assign")
    for (k in seq_len(nrow(rows))) {
      kept <- select_fast(X[rows[k, ], ], owner, y[rows[k, ]])
      selected <- rbind(selected, data.frame(dataset = name, resample = k, terms = paste(terms[kept], collapse = " ")))
    }
  }
}
for (name in c("coefficients", "fits", "paths", "scores", "firths", "selected"))
  write.csv(format(get(name), digits = 15, trim = TRUE), paste0("r_", name, ".csv"), row.names = FALSE, quote = FALSE)
