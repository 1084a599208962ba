# Second opinion on keepsafe.statistics.compare, by R's own functions; arithmetic is written out where base R has none.
#   Rscript compare.R     infert, Titanic, esoph and mtcars; and the synthetic cohort, where `make report` has left it
# NAME.csv holds the data (each distinct row with its count); expected.csv and expected_cohort.csv: data, by, variable,
# level, group, quantity, value.
options(digits = 15, warn = -1)
rows <- list()
put <- function(data, by, variable, level, group, quantity, value)
  rows[[length(rows) + 1]] <<- data.frame(data, by, variable, level, group, quantity,
                                          value = sprintf("%.15g", as.numeric(value)))

limits <- function(f, lower, upper) sapply(c(.975, .025), function(q) {
  if (f(lower) < q) return(lower)            # even the smallest non-centrality leaves less than q below
  uniroot(function(ncp) f(ncp) - q, c(lower, upper), tol = 1e-13, maxiter = 5000)$root
})
cramers_v <- function(tab) {
  chi <- chisq.test(tab, correct = FALSE)
  scale <- sum(tab) * (min(dim(tab)) - 1)
  below <- function(ncp) pchisq(chi$statistic, chi$parameter, ncp)
  ncp <- limits(below, 0, 5 * chi$statistic + 100)
  if (ncp[2] < chi$statistic)                # an upper limit below V: Read (2002), and V at least
    ncp[2] <- max(uniroot(function(ncp) below(ncp) / below(0) - .025, c(0, 5 * chi$statistic + 100), tol = 1e-13)$root,
                  chi$statistic)
  pmin(sqrt(c(chi$statistic, ncp) / scale), 1)
}
wilson <- function(k, n) prop.test(k, n, correct = FALSE)$conf.int

of_table <- function(data, by, variable, level, tab) {
  tab <- tab[rowSums(tab) > 0, colSums(tab) > 0, drop = FALSE]
  add <- function(quantity, value) put(data, by, variable, level, "", quantity, value)
  pearson <- chisq.test(tab, correct = FALSE)
  add("pearson", pearson$statistic); add("pearson_df", pearson$parameter); add("pearson_p", pearson$p.value)
  add("min_expected", min(pearson$expected))
  lr <- loglin(tab, list(1, 2), print = FALSE)
  add("likelihood_ratio", lr$lrt); add("likelihood_ratio_p", pchisq(lr$lrt, lr$df, lower.tail = FALSE))
  if (all(dim(tab) == 2)) {
    yates <- chisq.test(tab)
    add("yates", yates$statistic); add("yates_p", yates$p.value)
  }
  fisher <- try(fisher.test(tab, workspace = 2e7), silent = TRUE)
  if (!inherits(fisher, "try-error")) add("fisher_p", fisher$p.value)
  v <- cramers_v(tab)
  for (i in 1:3) add(paste0("cramers_v", c("", "_low", "_high"))[i], v[i])
}

of_level <- function(data, by, variable, level, has, group) {
  reference <- levels(group)[1]
  for (g in levels(group)) {
    add <- function(quantity, values) for (i in seq_along(values))
      put(data, by, variable, level, g, paste0(quantity, c("", "_low", "_high"))[i], values[i])
    n <- sum(group == g); k <- sum(has[group == g]); n0 <- sum(group == reference); k0 <- sum(has[group == reference])
    add("percent", 100 * c(k / n, wilson(k, n)))
    if (g == reference) next
    p <- k / n; p0 <- k0 / n0; w <- wilson(k, n); w0 <- wilson(k0, n0)
    add("risk_difference", p - p0 + c(0, -sqrt((p - w[1])^2 + (w0[2] - p0)^2), sqrt((w[2] - p)^2 + (p0 - w0[1])^2)))
    if (min(k, n - k, k0, n0 - k0) == 0) next
    z <- qnorm(.975) * c(0, -1, 1)
    add("risk_ratio", exp(log(p / p0) + z * sqrt(1 / k - 1 / n + 1 / k0 - 1 / n0)))
    two <- droplevels(group[group %in% c(reference, g)])
    fit <- glm(has[group %in% c(reference, g)] ~ two, family = binomial, control = glm.control(1e-14, 100))
    add("odds_ratio", exp(c(coef(fit)[2], confint.default(fit)[2, ])))
  }
}

of_number <- function(data, by, variable, x, group) {
  add <- function(quantity, value, g = "") put(data, by, variable, "", g, quantity, value)
  for (g in levels(group)) {
    one <- t.test(x[group == g])
    add("mean", one$estimate, g); add("mean_low", one$conf.int[1], g); add("mean_high", one$conf.int[2], g)
    add("sd", sd(x[group == g]), g)
  }
  kw <- kruskal.test(x, group)
  if (nlevels(group) > 2) {
    anova <- oneway.test(x ~ group, var.equal = TRUE); welch <- oneway.test(x ~ group)
    add("t", anova$statistic); add("t_p", anova$p.value); add("welch", welch$statistic); add("welch_p", welch$p.value)
    add("mann_whitney", kw$statistic); add("mann_whitney_p", kw$p.value)
    return(invisible())
  }
  a <- x[group == levels(group)[2]]; b <- x[group == levels(group)[1]]
  for (equal in c(TRUE, FALSE)) {
    test <- t.test(a, b, var.equal = equal); name <- if (equal) "t" else "welch"
    add(name, test$statistic); add(paste0(name, "_df"), test$parameter); add(paste0(name, "_p"), test$p.value)
    add(paste0(name, "_difference_low"), test$conf.int[1]); add(paste0(name, "_difference_high"), test$conf.int[2])
  }
  ranks <- wilcox.test(a, b, exact = FALSE)
  add("mann_whitney", ranks$statistic); add("mann_whitney_p", ranks$p.value)
  t <- t.test(a, b, var.equal = TRUE); scale <- sqrt(1 / length(a) + 1 / length(b))
  ncp <- limits(function(ncp) pt(t$statistic, t$parameter, ncp), t$statistic - 30, t$statistic + 30)
  add("smd", t$statistic * scale); add("smd_low", ncp[1] * scale); add("smd_high", ncp[2] * scale)
}

analyse <- function(data, frame, by, variables) {
  group <- factor(frame[[by]])
  for (variable in variables) {
    x <- frame[[variable]]
    keep <- !is.na(x) & !is.na(group)
    if (is.numeric(x) && !all(x[keep] %in% 0:1)) { of_number(data, by, variable, x[keep], group[keep]); next }
    x <- if (is.numeric(x)) factor(x) else as.factor(x)
    if (nlevels(x) > 2) of_table(data, by, variable, "", table(group[keep], x[keep]))
    for (level in if (all(levels(x) %in% c("0", "1"))) "1" else levels(x)) {
      has <- x[keep] == level
      if (all(has) || !any(has)) next
      of_table(data, by, variable, level, table(group[keep], has))
      of_level(data, by, variable, level, has, group[keep])
    }
  }
}

again <- function(frame, times) frame[rep(seq_len(nrow(frame)), times), , drop = FALSE]
titanic <- as.data.frame(Titanic); titanic <- again(titanic[1:4], titanic$Freq)
controls <- if (sum(esoph$ncontrols) > 900) esoph$ncontrols - esoph$ncases else esoph$ncontrols
cases <- rbind(cbind(again(esoph[1:3], esoph$ncases), case = 1), cbind(again(esoph[1:3], controls), case = 0))
infert_set <- transform(infert, any_induced = as.integer(induced > 0))
infert_set <- infert_set[c("education", "age", "parity", "any_induced", "spontaneous", "case")]
mtcars_set <- transform(mtcars, cyl = paste0("c", cyl), gear = paste0("g", gear))[c("mpg", "hp", "cyl", "gear", "vs", "am")]
sets <- list(infert = infert_set, titanic = titanic, esoph = cases, mtcars = mtcars_set)
for (name in names(sets)) {
  frame <- sets[[name]]
  text <- do.call(paste, c(lapply(frame, as.character), sep = ","))
  counts <- table(factor(text, unique(text)))
  writeLines(c(paste(c(names(frame), "count"), collapse = ","), paste(names(counts), counts, sep = ",")),
             paste0(name, ".csv"))
}
analyse("infert", infert_set, "case", c("education", "age", "parity", "any_induced", "spontaneous"))
analyse("titanic", titanic, "Survived", c("Class", "Sex", "Age"))
analyse("esoph", cases, "case", c("agegp", "alcgp", "tobgp"))
analyse("mtcars", mtcars_set, "am", c("cyl", "gear", "vs", "mpg", "hp"))
analyse("mtcars", mtcars_set, "gear", c("cyl", "vs", "am", "mpg", "hp"))
write.csv(do.call(rbind, rows), "expected.csv", row.names = FALSE, quote = FALSE)

cohort <- "../../../reports/tables/cohort.csv"
if (file.exists(cohort)) {
  rows <- list()
  frame <- read.csv(cohort, stringsAsFactors = TRUE, na.strings = "")
  for (by in c("cse", "risk_group", "sex"))
    analyse("cohort", frame, by, setdiff(c(
      "sex", "cse", "lived_family_p1", "lived_independent_p1", "lived_care_p1", "lived_homeless_p1", "moves_total",
      "n_social_workers", "n_agencies_p1", "parents_p1", "rejection_p1", "family_concern_p1", "peers_p1",
      "physical_abuse_p1", "any_sexual_abuse_p1", "neglect_p1", "emotional_abuse_p1", "n_abuse_types_p1",
      "ran_away_p1", "pregnancy_ever", "age_first_pregnancy", "employment_training", "stable_housing",
      "relationship_abuse", "substance_misuse", "mental_health", "self_harm", "ssd_at_closure", "ssd_after_closure"), by))
  write.csv(do.call(rbind, rows), "expected_cohort.csv", row.names = FALSE, quote = FALSE)
}
