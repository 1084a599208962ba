# The data sets of the trials that R brings, coded in whole numbers: Rscript prepare.R writes a CSV a set here.
suppressMessages({library(MASS); library(survival)})
write <- function(frame, name) {
  frame <- frame[complete.cases(frame), ]
  write.csv(frame, paste0(name, ".csv"), row.names = FALSE, quote = FALSE, eol = "\n")
}
whole <- function(x, times = 1) as.integer(floor(x * times + 0.5))
yes <- function(x) as.integer(x)

b <- MASS::birthwt
write(data.frame(low = b$low, smoke = b$smoke, age = b$age, weight = b$lwt, ethnicity = b$race, premature = yes(b$ptl > 0),
  hypertension = b$ht, irritability = b$ui, visits = b$ftv), "birthwt")

i <- datasets::infert
write(data.frame(case = i$case, older = yes(i$age >= 32), parity = i$parity, schooling = as.integer(i$education),
  induced = i$induced, spontaneous = i$spontaneous), "infert")

l <- survival::lung
write(data.frame(died = yes(l$status == 2), older = yes(l$age >= 65), female = yes(l$sex == 2), ecog = l$ph.ecog,
  karnofsky_doctor = l$ph.karno / 10, karnofsky_patient = l$pat.karno / 10, calories = whole(l$meal.cal / 10),
  weight_loss = l$wt.loss + 30), "lung")

p <- survival::pbc
p <- p[!is.na(p$trt), ]
write(data.frame(died = yes(p$status == 2), ascites = p$ascites, treated = yes(p$trt == 1), age = whole(p$age),
  female = yes(p$sex == "f"), enlarged_liver = p$hepato, spiders = p$spiders, edema = yes(p$edema > 0),
  bilirubin = whole(p$bili, 10), albumin = whole(p$albumin, 10), copper = whole(p$copper), ast = whole(p$ast),
  prothrombin = whole(p$protime, 10), stage = p$stage, platelets = whole(p$platelet / 10)), "pbc")

c <- survival::colon
c <- c[c$etype == 2, ]
write(data.frame(died = c$status, many_nodes = c$node4, treatment = as.integer(c$rx), male = c$sex, age = c$age,
  obstructed = c$obstruct, perforated = c$perfor, adherent = c$adhere, nodes = c$nodes, grade = c$differ,
  extent = c$extent, late_surgery = c$surg), "colon")

r <- survival::rotterdam
write(data.frame(died = r$death, menopause = r$meno, year = r$year - 1970L, age = r$age, size = as.integer(r$size),
  grade_3 = yes(r$grade == 3), nodes = r$nodes, progesterone = whole(r$pgr / 10), estrogen = whole(r$er / 10),
  hormones = r$hormon, chemotherapy = r$chemo), "rotterdam")

f <- survival::flchain
f <- f[seq(1, nrow(f), by = 3), ]
write(data.frame(died = yes(f$death == 1 & f$futime < 3 * 365.25), female = yes(f$sex == "F"), age = f$age,
  year = as.integer(f$sample.yr - 1990), kappa = whole(f$kappa, 10), lambda = whole(f$lambda, 10), tenth = f$flc.grp,
  creatinine = whole(f$creatinine, 10), gammopathy = f$mgus), "flchain")
