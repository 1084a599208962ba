# Two hundred correct tables, as papers print them, made by R alone from persons in data sets that come with R:
# means and SDs, counts and percentages, p by R's own tests, statistics, odds ratios. Writes tables.csv, a table in
# consecutive rows, its heading first.
suppressMessages({library(survival); library(MASS); library(boot); library(rpart); library(nlme)})
RNGkind("Mersenne-Twister", "Inversion", "Rejection")
set.seed(2019)
get_data <- function(name, package) { e <- new.env(); data(list = name, package = package, envir = e); as.data.frame(get(ls(e)[1], e)) }
sources <- list(
  list(as.data.frame(pbc), "pbc", c("trt", "sex")), list(as.data.frame(lung), "lung", "sex"),
  list(subset(as.data.frame(colon), etype == 1), "colon", c("rx", "sex", "obstruct")),
  list(as.data.frame(veteran), "veteran", c("trt", "celltype")), list(as.data.frame(gbsg), "gbsg", c("hormon", "meno")),
  list(as.data.frame(rotterdam), "rotterdam", c("hormon", "chemo")), list(as.data.frame(mgus), "mgus", "sex"),
  list(as.data.frame(nafld1), "nafld1", "male"), list(as.data.frame(flchain), "flchain", "sex"),
  list(as.data.frame(udca), "udca", "trt"), list(as.data.frame(kidney), "kidney", "sex"),
  list(birthwt, "birthwt", c("smoke", "race", "low")), list(rbind(Pima.tr, Pima.te), "Pima", "type"),
  list(survey, "survey", c("Sex", "Smoke")), list(quine, "quine", c("Sex", "Lrn")), list(Cars93, "Cars93", c("Origin", "DriveTrain")),
  list(Melanoma, "Melanoma", c("sex", "ulcer")), list(crabs, "crabs", c("sp", "sex")), list(epil, "epil", "trt"),
  list(biopsy[, -1], "biopsy", "class"), list(Boston, "Boston", "chas"), list(anorexia, "anorexia", "Treat"),
  list(bacteria, "bacteria", c("trt", "y")), list(mtcars, "mtcars", c("am", "vs", "cyl")), list(iris, "iris", "Species"),
  list(infert, "infert", c("case", "education")), list(warpbreaks, "warpbreaks", "tension"), list(CO2, "CO2", c("Type", "Treatment")),
  list(airquality, "airquality", "Month"), list(channing, "channing", "sex"), list(nodal, "nodal", "r"), list(urine, "urine", "r"),
  list(kyphosis, "kyphosis", "Kyphosis"), list(stagec, "stagec", "ploidy"), list(car90, "car90", "Type"))
number <- function(x, d) sprintf(paste0("%.", d, "f"), x)
printed_p <- function(p, d) ifelse(p < 10^-d, paste0("<", sub("^0", "", number(10^-d, d))), number(p, d))
is_counted <- function(x) is.factor(x) || is.character(x) || length(unique(na.omit(x))) <= 5
one <- function(number_of, data, name, by) {
  data <- data[!is.na(data[[by]]), ]
  data <- data[sample(nrow(data), min(nrow(data), sample(c(24, 40, 60, 90, 150, 240, 400), 1))), , drop = FALSE]
  group <- factor(data[[by]]); tab <- table(group)
  if (length(tab) < 2 || length(tab) > 4 || min(tab) < 6) return(NULL)
  style <- list(d = sample(1:2, 1), pd = sample(0:2, 1, prob = c(.2, .6, .2)), pp = sample(2:3, 1), welch = runif(1) < .4,
                overall = runif(1) < .5, statistic = runif(1) < .4, ratio = length(tab) == 2 && runif(1) < .4,
                form = sample(c("brackets", "plusminus"), 1), test = sample(c("chi2", "yates", "fisher"), 1))
  sets <- lapply(levels(group), function(g) which(group == g))
  heads <- paste0(by, " ", gsub(",", "", levels(group)), " (n=", as.integer(tab), ")")
  if (style$overall) { sets <- c(list(seq_along(group)), sets); heads <- c(paste0("all (n=", length(group), ")"), heads) }
  rows <- list(c("variable", "level", "kind", heads, "p", if (style$statistic) "test", if (style$ratio) "OR (95% CI)"))
  rest <- setdiff(names(data), c(by, "id", "ID", "Manufacturer", "Model", "Make", "subject", "trial", "case.id"))
  rest <- rest[sapply(data[rest], function(x) (is.numeric(x) || is.factor(x) || is.character(x)))]
  rest <- rest[sapply(data[rest], function(x) { u <- length(unique(na.omit(x))); u > 1 && (is.numeric(x) || u <= 6) })]
  for (v in sample(rest, min(length(rest), sample(5:10, 1)))) {
    x <- data[[v]]; seen <- !is.na(x); blanks <- function(k) rep("", k)
    if (min(table(group[seen])) < 4) next
    if (is_counted(x)) {
      x <- factor(x); values <- levels(droplevels(x[seen]))
      m <- table(x[seen], group[seen]); m <- m[rowSums(m) > 0, , drop = FALSE]; values <- rownames(m)
      if (nrow(m) < 2) next
      two <- nrow(m) == 2 && ncol(m) == 2
      fisher <- style$test == "fisher" && sum(m) < 200
      made <- suppressWarnings(if (fisher) fisher.test(m, workspace = 2e7) else chisq.test(m, correct = style$test == "yates"))
      shown <- if (nrow(m) == 2) values[2] else values
      for (value in shown) {
        cells <- sapply(sets, function(s) {
          k <- sum(x[s] == value, na.rm = TRUE); n <- sum(seen[s]); full <- length(s)
          if (n < full) paste0(k, "/", n, " (", number(100 * k / n, style$pd), "%)") else paste0(k, " (", number(100 * k / n, style$pd), ")") })
        first <- value == shown[1]
        row <- c(v, gsub(",", " ", value), "n (%)", cells, if (first) printed_p(made$p.value, style$pp) else "")
        if (style$statistic) row <- c(row, if (first && !fisher) paste0("chi2(", made$parameter, ") = ", number(made$statistic, 2)) else "")
        if (style$ratio) {
          a <- m[value, 1]; b <- sum(m[, 1]) - a; c_ <- m[value, 2]; d_ <- sum(m[, 2]) - c_
          if (two && min(a, b, c_, d_) > 0) {
            l <- log(a * d_ / (b * c_)); se <- sqrt(1 / a + 1 / b + 1 / c_ + 1 / d_)
            row <- c(row, paste0(number(exp(l), 2), " (", number(exp(l - 1.959964 * se), 2), " to ", number(exp(l + 1.959964 * se), 2), ")"))
          } else row <- c(row, "")
        }
        rows <- c(rows, list(row))
      }
    } else {
      x <- as.numeric(x); whole <- all(x[seen] == round(x[seen]))
      if (any(tapply(x[seen], group[seen], sd) == 0)) next
      if (max(abs(x[seen])) > 1e5 || sd(x[seen]) < 0.1) next
      cells <- sapply(sets, function(s) {
        y <- x[s][seen[s]]; part <- paste(number(mean(y), style$d), if (style$form == "brackets") paste0("(", number(sd(y), style$d), ")")
          else paste("\u00b1", number(sd(y), style$d)))
        if (length(y) < length(s)) paste0(part, " [", length(y), "]") else part })
      if (nlevels(group) == 2) {
        made <- t.test(x ~ group, var.equal = !style$welch)
        said <- paste0("t(", if (style$welch) number(made$parameter, 1) else made$parameter, ") = ", number(made$statistic, 2))
      } else {
        made <- oneway.test(x ~ group, var.equal = !style$welch)
        said <- paste0("F(", made$parameter[1], ",", if (style$welch) number(made$parameter[2], 1) else made$parameter[2], ") = ",
                       number(made$statistic, 2))
      }
      row <- c(v, "", paste0("mean (SD)", if (whole) ", whole" else ""), cells, printed_p(made$p.value, style$pp))
      rows <- c(rows, list(c(row, if (style$statistic) said, if (style$ratio) "")))
    }
  }
  if (length(rows) < 5) return(NULL)
  out <- t(sapply(rows, function(row) { length(row) <- 11; row[is.na(row)] <- ""; row }))
  cbind(table = number_of, data = name, out)
}
made <- list()
while (length(made) < 200) {
  s <- sources[[sample(length(sources), 1)]]
  found <- one(length(made) + 1, s[[1]], s[[2]], sample(s[[3]], 1))
  if (!is.null(found)) made <- c(made, list(found))
}
out <- as.data.frame(do.call(rbind, made)); names(out) <- c("table", "data", paste0("c", 1:11))
write.csv(out, "tables.csv", row.names = FALSE, fileEncoding = "UTF-8")
