# Second opinion on keepsafe.logistic: glm, drop1 and add1, pROC, rms, glmnet and mice; the rest is written out.
#   Rscript logistic.R     writes expected.csv, paths.csv, resamples.csv and the public data sets, in this folder
# expected.csv: data, method, column, quantity, value; paths.csv: a row a move; resamples.csv: a row a resample.
# Resamples are drawn with Park and Miller's generator, so that any language can draw the same. Takes a few minutes.
options(digits = 15, warn = -1)
suppressMessages({library(pROC); library(rms); library(glmnet); library(mice)})
rows <- list()
put <- function(data, method, column, quantity, value) rows[[length(rows) + 1]] <<- data.frame(
  data, method, column, quantity, value = sprintf("%.15g", as.numeric(value)))
tight <- glm.control(epsilon = 1e-14, maxit = 100)

# ---- data ----
again <- function(frame, times) frame[rep(seq_len(nrow(frame)), times), , drop = FALSE]
titanic <- again(as.data.frame(Titanic)[1:4], as.data.frame(Titanic)$Freq)
controls <- if (sum(esoph$ncontrols) > 900) esoph$ncontrols - esoph$ncases else esoph$ncontrols
cases <- rbind(cbind(again(esoph[1:3], esoph$ncases), case = 1), cbind(again(esoph[1:3], controls), case = 0))
infert_set <- infert[c("education", "age", "parity", "induced", "spontaneous", "case")]
plain <- function(frame) {   # text as factors with levels in the order of their bytes
  text <- !sapply(frame, is.numeric)
  frame[text] <- lapply(frame[text], function(x) { x <- as.character(x); factor(x, sort(unique(x), method = "radix")) })
  rownames(frame) <- NULL
  frame
}
sets <- list(
  infert = list(frame = plain(infert_set), outcome = "case"),
  titanic = list(frame = plain(transform(titanic, Survived = as.integer(Survived == "Yes"))), outcome = "Survived"),
  esoph = list(frame = plain(cases), outcome = "case"))
for (name in names(sets)) write.csv(sets[[name]]$frame, paste0(name, ".csv"), row.names = FALSE, quote = FALSE)
cohort <- read.csv("cohort.csv")
candidates <- setdiff(names(cohort), c("synthetic", "cse", "extrafamilial_sexual_abuse_p1"))
sets$cohort <- list(frame = cohort[c(candidates, "cse")], outcome = "cse")
sets$suppressor <- list(frame = read.csv("suppressor.csv"), outcome = "outcome")

# ---- one fit ----
column_names <- function(fit) {
  names <- names(coef(fit)); factors <- fit$xlevels
  for (f in names(factors)) for (level in factors[[f]]) names[names == paste0(f, level)] <- paste0(f, "=", level)
  sub("(Intercept)", "const", names, fixed = TRUE)
}
profile_ends <- function(fit) {
  X <- model.matrix(fit); y <- fit$y; limit <- deviance(fit) + qchisq(.95, 1); se <- sqrt(diag(vcov(fit)))
  t(sapply(seq_along(coef(fit)), function(j) sapply(c(-1, 1), function(side) {
    over <- function(b) glm.fit(X[, -j, drop = FALSE], y, offset = b * X[, j], family = binomial(), control = tight)$deviance - limit
    uniroot(over, sort(coef(fit)[j] + side * c(0, 8 * se[j])), tol = 1e-11, extendInt = if (side < 0) "downX" else "upX")$root
  })))
}
one_fit <- function(data, set, profile = TRUE) {
  f <- reformulate(setdiff(names(set$frame), set$outcome), set$outcome)
  fit <- glm(f, binomial, set$frame, control = tight)
  V <- vcov(fit); b <- coef(fit); se <- sqrt(diag(V)); names <- column_names(fit)
  wald_ends <- confint.default(fit)
  for (j in seq_along(b)) {
    add <- function(q, v) put(data, "ml", names[j], q, v)
    add("B", b[j]); add("SE", se[j]); add("Wald", (b[j] / se[j])^2); add("p", pchisq((b[j] / se[j])^2, 1, lower.tail = FALSE))
    add("odds_ratio", exp(b[j])); add("low", exp(wald_ends[j, 1])); add("high", exp(wald_ends[j, 2]))
  }
  if (profile) {
    ends <- exp(profile_ends(fit))
    for (j in seq_along(b)) { put(data, "profile", names[j], "low", ends[j, 1]); put(data, "profile", names[j], "high", ends[j, 2]) }
  }
  n <- length(fit$y); p <- fitted(fit)
  add <- function(q, v) put(data, "fit", "", q, v)
  add("n", n); add("events", sum(fit$y)); add("deviance", deviance(fit)); add("null_deviance", fit$null.deviance)
  add("cox_snell", 1 - exp((deviance(fit) - fit$null.deviance) / n))
  add("nagelkerke", lrm(f, set$frame, tol = 1e-14, eps = 1e-14, maxit = 100)$stats["R2"])
  add("auc", auc(roc(fit$y, p, direction = "<", levels = 0:1, quiet = TRUE)))
  p <- round(p, 12); group <- findInterval(p, unique(quantile(p, 1:9 / 10)), left.open = TRUE)
  observed <- tapply(fit$y, group, sum); expected <- tapply(p, group, sum); size <- tapply(p, group, length)
  chi <- sum((observed - expected)^2 / (expected * (1 - expected / size)))
  add("hosmer_lemeshow", chi); add("hosmer_lemeshow_df", length(size) - 2)
  add("hosmer_lemeshow_p", pchisq(chi, length(size) - 2, lower.tail = FALSE))
  table <- table(factor(p > .5, c(FALSE, TRUE)), fit$y)
  for (o in 0:1) for (q in 0:1) add(paste0("classified_", o, q), table[q + 1, o + 1])
  # each term's test if removed, and the score test of adding it to the rest
  lr <- drop1(fit, test = "LRT"); X <- model.matrix(fit)
  for (t in seq_along(attr(terms(fit), "term.labels"))) {
    out <- attr(X, "assign") == t; term <- attr(terms(fit), "term.labels")[t]
    put(data, "lr", term, "statistic", lr[term, "LRT"]); put(data, "lr", term, "df", lr[term, "Df"]); put(data, "lr", term, "p", lr[term, "Pr(>Chi)"])
    put(data, "wald", term, "statistic", term_test("wald", fit, out)); put(data, "conditional", term, "statistic", term_test("conditional", fit, out))
    less <- update(fit, reformulate(c(".", paste("-", term)), ".")); rao <- add1(less, f, test = "Rao")
    put(data, "score", term, "statistic", rao[term, "Rao score"]); put(data, "score", term, "p", rao[term, "Pr(>Chi)"])
  }
}
term_test <- function(statistic, fit, out) {
  V <- vcov(fit); b <- coef(fit); w <- solve(V[out, out, drop = FALSE], b[out])
  if (statistic == "wald") return(sum(b[out] * w))
  kept <- b[!out] - V[!out, out, drop = FALSE] %*% w
  eta <- model.matrix(fit)[, !out, drop = FALSE] %*% kept
  2 * sum(log1p(exp(eta)) - fit$y * eta) - deviance(fit)
}

# ---- backward elimination ----
eliminate <- function(frame, outcome, statistic = "lr", p_remove = .10, p_enter = 0) {
  all <- setdiff(names(frame), outcome); inside <- all; moves <- NULL; past <- list(inside)
  whole <- reformulate(all, outcome)
  repeat {
    fit <- glm(reformulate(if (length(inside)) inside else "1", outcome), binomial, frame, control = tight)
    moved <- NULL
    if (length(inside)) {
      assign <- attr(model.matrix(fit), "assign"); labels <- attr(terms(fit), "term.labels")
      df <- sapply(seq_along(labels), function(t) sum(assign == t))
      value <- if (statistic == "lr") drop1(fit, test = "LRT")[labels, "LRT"] else
        sapply(seq_along(labels), function(t) term_test(statistic, fit, assign == t))
      p <- pchisq(value, df, lower.tail = FALSE); worst <- which.max(p)
      if (p[worst] > p_remove) moved <- data.frame(action = "removed", term = labels[worst], statistic = value[worst], df = df[worst], p = p[worst])
    }
    outside <- setdiff(all, inside)
    if (is.null(moved) && p_enter > 0 && length(outside)) {
      rao <- add1(fit, whole, test = "Rao")[outside, ]; best <- which.min(rao[["Pr(>Chi)"]])
      if (rao[["Pr(>Chi)"]][best] < p_enter) moved <- data.frame(action = "entered", term = outside[best], statistic = rao[["Rao score"]][best],
                                                             df = rao$Df[best], p = rao[["Pr(>Chi)"]][best])
    }
    if (is.null(moved)) break
    next_set <- if (moved$action == "removed") setdiff(inside, moved$term) else all[all %in% c(inside, moved$term)]
    if (any(sapply(past, identical, next_set))) break
    inside <- next_set; past <- c(past, list(inside))
    moved$deviance <- deviance(glm(reformulate(if (length(inside)) inside else "1", outcome), binomial, frame, control = tight))
    moves <- rbind(moves, moved)
  }
  list(moves = moves, inside = inside)
}

for (name in names(sets)) one_fit(name, sets[[name]])
paths <- NULL
for (name in names(sets)) for (statistic in c("lr", "wald", "conditional")) for (p_enter in c(0, .05)) {
  moves <- eliminate(sets[[name]]$frame, sets[[name]]$outcome, statistic, .10, p_enter)$moves
  if (!is.null(moves)) paths <- rbind(paths, cbind(data = name, method = statistic, p_enter = p_enter, step = seq_len(nrow(moves)), moves))
}
for (column in c("statistic", "p", "deviance")) paths[[column]] <- sprintf("%.15g", paths[[column]])
write.csv(paths, "paths.csv", row.names = FALSE, quote = FALSE)

# ---- the same 200 resamples ----
state <- 2019
draw <- function(n) sapply(seq_len(n), function(i) { state <<- (16807 * state) %% 2147483647; state %% n }) + 1
resamples <- NULL
for (r in 1:200) for (name in c("infert", "cohort")) {
  set <- sets[[name]]; frame <- droplevels(set$frame[draw(nrow(set$frame)), ])
  varying <- c(names(frame)[sapply(frame[names(frame) != set$outcome], function(x) length(unique(x)) > 1)], set$outcome)
  frame <- frame[unique(varying)]
  full <- glm(reformulate(setdiff(names(frame), set$outcome), set$outcome), binomial, frame, control = glm.control(1e-14, 25))
  edge <- min(fitted(full), 1 - fitted(full)) < 1e-9
  resamples <- rbind(resamples, data.frame(data = name, resample = r, estimable = as.integer(!edge),
                                           selected = paste(eliminate(frame, set$outcome)$inside, collapse = " ")))
}
write.csv(resamples, "resamples.csv", row.names = FALSE, quote = FALSE)

# ---- Firth by Newton's method ----
firth <- function(X, y, held = NULL, at = 0, start = rep(0, ncol(X))) {
  free <- setdiff(seq_len(ncol(X)), held); b <- start; if (length(held)) b[held] <- at
  penalised <- function(b) { p <- plogis(X %*% b); sum(log(ifelse(y == 1, p, 1 - p))) + .5 * determinant(crossprod(X * sqrt(c(p * (1 - p)))))$modulus[1] }
  for (i in 1:500) {
    p <- c(plogis(X %*% b)); w <- p * (1 - p); inverse <- solve(crossprod(X * sqrt(w)))
    hat <- w * rowSums((X %*% inverse) * X)
    score <- crossprod(X, y - p + hat * (.5 - p))[free]
    step <- solve(crossprod(X * sqrt(w))[free, free, drop = FALSE], score); scale <- 1; old <- penalised(b)
    repeat { new <- b; new[free] <- b[free] + scale * step; if (penalised(new) >= old - 1e-12 || scale < 1e-6) break; scale <- scale / 2 }
    b <- new; if (max(abs(scale * step)) < 1e-11) break
  }
  list(b = b, l = penalised(b), se = sqrt(diag(solve(crossprod(X * sqrt(c(plogis(X %*% b) * (1 - plogis(X %*% b)))))))))
}
final <- c(eliminate(sets$cohort$frame, "cse")$inside, "cse")
for (each in list(list("separated", read.csv("separated.csv"), "outcome"), list("infert", sets$infert$frame, "case"), list("cohort", cohort[final], "cse"))) {
  fit <- glm(reformulate(setdiff(names(each[[2]]), each[[3]]), each[[3]]), binomial, each[[2]]); X <- model.matrix(fit); names <- column_names(fit)
  found <- firth(X, fit$y)
  for (j in seq_len(ncol(X))) {
    add <- function(q, v) put(each[[1]], "firth", names[j], q, v)
    chi <- 2 * (found$l - firth(X, fit$y, j, 0, found$b)$l)
    over <- function(b) 2 * (found$l - firth(X, fit$y, j, b, found$b)$l) - qchisq(.95, 1)
    add("B", found$b[j]); add("SE", found$se[j]); add("chi2", chi); add("p", pchisq(chi, 1, lower.tail = FALSE))
    ends <- sapply(c(-1, 1), function(side) uniroot(over, sort(found$b[j] + side * c(0, 6 * found$se[j])), tol = 1e-10,
                                                     extendInt = if (side < 0) "downX" else "upX")$root)
    add("low", exp(ends[1])); add("high", exp(ends[2]))
  }
}

# ---- LASSO: B at every penalty that keepsafe tries ----
X <- as.matrix(cohort[candidates]); y <- cohort$cse; spread <- sqrt(colMeans(sweep(X, 2, colMeans(X))^2))
largest <- max(abs(crossprod(scale(X, TRUE, spread), y - mean(y)))) / length(y)
penalties <- largest / exp(seq(0, log(300), length.out = 25))
found <- as.matrix(coef(glmnet(X, y, "binomial", lambda = penalties, thresh = 1e-14, maxit = 1e7)))
for (k in seq_along(penalties)) for (j in candidates) put("cohort", paste0("lasso_", k - 1), j, "B", found[j, k])
for (k in seq_along(penalties)) put("cohort", paste0("lasso_", k - 1), "", "penalty", penalties[k])

# ---- Rubin's rules, and mice on a cohort in which every fifth number of moves is unknown ----
Q <- c(.41, .52, .38, .60, .47); U <- c(.040, .045, .050, .038, .041); pooled <- pool.scalar(Q, U, n = 205, k = 8)
for (q in c("qbar", "t", "df", "fmi")) put("pooled", "rubin", "", q, pooled[[q]])
blank <- cohort[c("cse", "female", "moves_total", "n_agencies_p1", "peers_positive_p1")]; blank$moves_total[seq(5, 205, 5)] <- NA
mean_fit <- summary(pool(with(mice(blank, m = 50, method = "pmm", seed = 1, printFlag = FALSE),
                              glm(cse ~ female + moves_total + n_agencies_p1 + peers_positive_p1, binomial))))
for (j in seq_len(nrow(mean_fit))) for (q in c("estimate", "std.error"))
  put("cohort", "mice", sub("(Intercept)", "const", as.character(mean_fit$term[j]), fixed = TRUE), q, mean_fit[j, q])
write.csv(do.call(rbind, rows), "expected.csv", row.names = FALSE, quote = FALSE)
