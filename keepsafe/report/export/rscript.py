"""An R script that reads the exported file and repeats the main model."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from keepsafe.report.export.fields import Field, shortened
from keepsafe.report.export.records import P_REMOVE, MainModel

ELIMINATION = """
# Backward elimination: the candidate with the largest p of its likelihood ratio goes, until none is above the threshold
kept <- candidates
while (length(kept)) {
  tests <- drop1(fit(kept), test = "LRT")[-1, ]
  worst <- which.max(tests[["Pr(>Chi)"]])
  if (tests[["Pr(>Chi)"]][worst] <= p_remove) break
  cat(sprintf("removed: %s (p = %.3f)\\n", kept[worst], tests[["Pr(>Chi)"]][worst]))
  kept <- kept[-worst]
}
final <- fit(kept)

odds_ratios <- function(model) {
  found <- coef(summary(model))
  reach <- qnorm(0.975) * found[, 2]
  data.frame(B = found[, 1], SE = found[, 2], p = found[, 4], odds_ratio = exp(found[, 1]),
             low = exp(found[, 1] - reach), high = exp(found[, 1] + reach))
}
cat("\\nThe full model\\n")
print(odds_ratios(full), digits = 4)
cat("\\nThe final model; its p-values are too good, since the data chose the factors\\n")
print(odds_ratios(final), digits = 4)
"""


def r_script(file: str, fields: list[Field], main: MainModel | None, title: str, note: str) -> str:
    """The script as text.

    Parameters
    ----------
    file : name of the exported file, in the folder of the script.
    fields : its columns.
    main : the model; None for a script that reads the file and no more.
    title, note : what the file is, said at the top.

    Returns
    -------
    str, for R with the packages that come with it; a .dta needs haven
    """
    lines = [comment(title), comment(note), comment("Run it in the folder of the data."), ""]
    lines += READ[file[-4:].lower()](file, fields)
    if not main:
        return "\n".join(lines) + "\n"
    found = {field.variable.name: field for field in fields}
    outcome, columns = found[main.model.outcome.variable], [found[name].column for name in main.model.candidates]
    event = outcome.values[main.model.outcome.event]
    lines += ["", comment(f"The model: {main.model.label}"), f"outcome <- {literal(outcome.column)}",
              f"candidates <- {vector(columns)}", f"p_remove <- {P_REMOVE:.2f}", "",
              comment("All models use the same persons, those of whom outcome and candidates are known"),
              "used <- na.omit(data[c(outcome, candidates)])",
              f"used[[outcome]] <- as.integer(used[[outcome]] == {literal(event)})"]  # fmt: skip
    for name, met in main.categories.items():
        at = f"used[[{literal(found[name].column)}]]"
        lines.append(comment(f"{name}: the reference level is {found[name].variable.levels[met[0]]}"))
        lines.append(f"{at} <- relevel(factor({at}), ref = {literal(str(found[name].values[met[0]]))})")
    lines += ["fit <- function(terms) {",
              '  formula <- reformulate(if (length(terms)) sprintf("`%s`", terms) else "1", as.name(outcome))',
              "  glm(formula, binomial, used, control = list(epsilon = 1e-14, maxit = 50))", "}",
              "full <- fit(candidates)"]  # fmt: skip
    if main.selected is None:
        lines.append(comment(f"keepsafe could not fit this model: {main.why}"))
    return "\n".join(lines) + "\n" + ELIMINATION


def comment(text: str) -> str:
    """A comment in R: one line."""
    return f"# {shortened(text, 200)}"


def literal(value: int | str) -> str:
    r"""A number or a text in R.

    >>> literal('a "b"'), literal(-9)
    ('"a \\"b\\""', '-9')
    """
    return json.dumps(value, ensure_ascii=False)


def vector(values: Iterable[int | str]) -> str:
    """Numbers or texts as a vector in R, folded."""
    rows, row = [], "c("
    for value in values:
        if len(row) > 90:
            rows.append(row.rstrip())
            row = "  "
        row += f"{literal(value)}, "
    return "\n".join([*rows, row]).removesuffix(", ") + ")"


def _sav(file: str, fields: list[Field]) -> list[str]:
    return [
        "# foreign comes with R; it warns of parts of the file that it does not need",
        f"read <- function() foreign::read.spss({literal(file)}, use.value.labels = FALSE, to.data.frame = TRUE)",
        "data <- suppressWarnings(read())",
        *(f'{_at(field)} <- as.Date({_at(field)} / 86400, origin = "1582-10-14")' for field in _dates(fields)),
    ]


def _dta(file: str, fields: list[Field]) -> list[str]:
    return [
        "# What comes with R reads Stata files up to version 12 only",
        'if (!requireNamespace("haven", quietly = TRUE)) stop("run this first: install.packages(\\"haven\\")")',
        f"data <- as.data.frame(haven::zap_labels(haven::read_dta({literal(file)})))",
    ]


def _csv(file: str, fields: list[Field]) -> Iterator[str]:
    yield f'data <- read.csv({literal(file)}, check.names = FALSE, na.strings = "", fileEncoding = "UTF-8")'
    yield "# Codes of missing"
    alike = defaultdict(list)
    for field in fields:
        if field.missing:
            alike[tuple(field.missing)].append(field.column)
    for codes, columns in alike.items():
        yield f"for (name in {vector(columns)})"
        yield f"  data[[name]][data[[name]] %in% {vector(codes)}] <- NA"
    yield "data <- type.convert(data, as.is = TRUE)"
    yield from (f"{_at(field)} <- as.Date({_at(field)})" for field in _dates(fields))


def _dates(fields: list[Field]) -> list[Field]:
    return [field for field in fields if field.variable.type == "date"]


def _at(field: Field) -> str:
    return f"data[[{literal(field.column)}]]"


READ = {".sav": _sav, ".dta": _dta, ".csv": _csv}
