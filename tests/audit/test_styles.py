"""Tables in the styles of journals and programs: what is right raises nothing, one planted figure is found.

Each verdict was settled beforehand, by the arithmetic that stands beside it.
"""

import csv
import io
import math
import re

import pandas as pd
import pytest

from keepsafe import audit_table
from keepsafe.audit import checks_of
from keepsafe.audit.cells import cell
from keepsafe.audit.grid import read_grid

FINDINGS = ["cannot hold", "holds only under"]


def typed(text: str, **said) -> pd.DataFrame:
    sep = ";" if ";" in text.splitlines()[0] else ","
    return audit_table(pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, sep=sep), **said)


def findings(found: pd.DataFrame) -> list[tuple[str, str, str]]:
    bad = found[found["verdict"].isin(FINDINGS)]
    return list(bad[["check", "row", "verdict"]].itertuples(index=False, name=None))


# a general medical journal: stubs that say what their cells hold, ± without blanks, levels beneath a name
MEDICAL = """Characteristic,Active (N=212),Placebo (N=208)
Age — yr,61.3±9.8,60.9±10.2
Male sex — no. (%),139 (65.6),131 (63.0)
Race or ethnic group — no. (%)†,,
  White,171 (80.7),165 (79.3)
  Black,21 (9.9),24 (11.5)
  Asian,14 (6.6),12 (5.8)
  Other,6 (2.8),7 (3.4)
Median duration (IQR) — mo,14 (6–31),15 (7–30)
Missing data — no.,3,5
"""

# matched groups with standardised differences: of means 3.1 / sqrt((249 x 10.2² + 749 x 11.3²) / 998) = 0.280;
# of two shares .06 / sqrt((.48 x .52 + .54 x .46) / 2) = 0.120; of three levels sqrt(.04² x .2016 / .02714) = 0.109
MATCHED = """Variable,Treated (n = 250),Control (n = 750),Total (n = 1000),SMD
"Age (years), mean (SD)",54.1 (10.2),51.0 (11.3),51.8 (11.1),0.280
"Female, n (%)",120 (48.0%),405 (54.0%),525 (52.5%),0.120
Smoking status,,,,0.109
Never,130 (52.0%),420 (56.0%),550 (55.0%),
Former,70 (28.0%),210 (28.0%),280 (28.0%),
Current,50 (20.0%),120 (16.0%),170 (17.0%),
"""

# n/N with other denominators in each row: 12 of 35 is 34.29
DENOMINATORS = """Outcome,Intervention,Control,Risk ratio (95% CI),P
Death,12/235 (5.1),21/229 (9.2),0.56 (0.28–1.11),0.09
Infection,12/35 (34.3),10/36 (27.8),1.23 (0.61–2.48),0.55
Bleeding,7/235 (3.0%),5/229 (2.2%),1.36 (0.44–4.24),0.59
"""

# German, with decimal commas and semicolons: Pearson's p of 40 of 70 against 26 of 50 is .5766
GERMAN = """Variable;Gesamt (n = 120);Gruppe A (n = 70);Gruppe B (n = 50);p-Wert
"Alter (Jahre), MW ± SD";44,0 ± 10,1;43,2 ± 9,8;45,1 ± 10,5;0,311
"weiblich, n (%)";66 (55,0 %);40 (57,1 %);26 (52,0 %);0,577
"""

# percentages alone: 376 of 1204 (31.2) and 372 of 1310 (28.4) make 748 of 2514, 29.75
PERCENT = """Item,Boys (n=1204),Girls (n=1310),All (n=2514),p
Ever smoked (%),22.3,25.1,23.7,0.093
Drinks weekly (%),31.2,28.4,29.8,0.13
"Haemoglobin A1c, %",7.2,7.4,7.3,
"""

# p in words: 171.2 ± 6.3 against 165.4 ± 6.0 of 25 each is t = 3.33, p .002
IN_WORDS = """Variable,Group 1 (n=25),Group 2 (n=25),P
Age (yr),34.2 ± 5.1,33.8 ± 4.9,NS
Height (cm),171.2 ± 6.3,170.4 ± 6.0,>0.05
Score,5.1 ± 1.0,6.2 ± 1.1,<0.001**
Score 2,5.1 ± 1.0,6.2 ± 1.1,0.001*
"""

# letters of a test after it on the means: the three make F from 3.1 to 4.8
LETTERS = """Trait,Control (n=12),Low (n=12),High (n=12),F,p
Kidney (g),2.11 ± 0.15ab,2.15 ± 0.14a,"2.00 ± 0.12a,b",3.83,0.032
Liver (g),10.2 ± 0.8a,10.0 ± 0.9a,9.1 ± 0.7b,6.53,0.004
"""

# each mean with its interval: an SD of .5 x sqrt(60) / 2.00 = 1.94, so t from 2.0 to 3.2; 3.2 - 4.1 = -0.9
WITH_INTERVALS = """Outcome,Treatment (n=60),Placebo (n=58),Mean difference (95% CI),P value
"Pain at 12 weeks, mean (95% CI)",3.2 (2.7 to 3.7),4.1 (3.6 to 4.6),-0.9 (-1.6 to -0.2),0.012
"Function, mean (95% CI)",62.1 (58.0 to 66.2),55.0 (50.9 to 59.1),7.1 (1.3 to 12.9),0.017
"""

# as a statistical program lists it: a statistic a row; t of 61.30 (9.80) against 60.86 (10.22) is .278, p .781
LISTED = """Variable,Statistic,Drug (N=81),Placebo (N=79),p
Age (years),n,81,79,0.781
,Mean,61.30,60.86,
,SD,9.80,10.22,
,Median,62.0,61.0,
Sex,n,81,79,0.53
,"Male, n (%)",45 (55.6),40 (50.6),
,"Female, n (%)",36 (44.4),39 (49.4),
"""

# a mean, an SD and the range, in rows: 79 values from 35 to 83 with a mean of 60.86 have an SD of at most 24
RANGES = """Variable,Drug (N=81),Placebo (N=79),p
Age (years),,,0.781
  Mean,61.30,60.86,
  SD,9.80,10.22,
  Range,38–84,35–83,
"Size, cm",3.2 ± 1.1 (0.5–8.1),3.0 ± 1.2 (0.4–9.0),0.27
"Follow-up, mean (range)",14.2 (1–60),15.0 (2–58),
"Follow-up, median (range)",12 (1–60),14 (2–58),
"""

# numbers of cases in a second row of headings, the total first
SECOND_ROW = """Variable,All,Group A,Group B,P value
,(n = 120),(n = 70),(n = 50),
Female,66 (55.0),40 (57.1),26 (52.0),0.577
Age,44.0 (10.1),43.2 (9.8),45.1 (10.5),0.311
"""

# kinds in a second row of headings: t of 12.1 (3.0) against 13.9 (3.1), 40 and 42, is 2.67
KINDS = """Variable,Drug A (n=40),Drug B (n=42),p
,Mean (SD),Mean (SD),
Score,12 (3.0),14 (3.1),0.004
Errors,5 (2),6 (2),0.03
"""

# two models side by side: each p is of the estimate before it; the counts give 2.00 and 1.48
MODELS = """Variable,Cases (n=100),Controls (n=200),Crude OR (95% CI),P,Adjusted OR (95% CI),P value
Smoker,40 (40.0),50 (25.0),2.00 (1.20–3.34),0.008,1.85 (1.08–3.17),0.025
Obese,30 (30.0),45 (22.5),1.48 (0.86–2.54),0.16,1.31 (0.74–2.32),0.36
"""

# psychology: n in the heading of the means alone; t of 17.21 (6.04) and 20.16 (6.51) is 2.32, d 0.47
SCALES = """Measure,Intervention (n = 48) M,Intervention SD,Control (n = 50) M,Control SD,t(96),p,d
Stress,17.21,6.04,20.16,6.51,2.32,.022,0.47
Sleep,6.9,1.1,6.4,1.3,-2.05,.043,0.41
"""

# a regression: .031 / .012 = 2.58, p .010; .031 ± 1.96 x .012 = .007 to .055
REGRESSION = """Predictor,B (SE),95% CI,OR,p
Age,0.031 (0.012),0.007 to 0.055,1.03,.010
Female,-0.45 (0.20),-0.84 to -0.06,0.64,.024
"""

# correlations with their numbers: r .21 of 104 is t = 2.17, p .032
CORRELATIONS = "Variable,r,p,n\nAge,.21,.032,104\nBMI,-.05,.61,104\n"

# percentages of rows, numbers of cases in a last row alone: 20 of 50 is 40.0, 50 of 110 is 45.5
OF_ROWS = """Age group,Men,Women,Total
18-29,20 (40.0),30 (60.0),50 (100)
30-49,50 (45.5),60 (54.5),110 (100)
50+,30 (50.0),30 (50.0),60 (100)
Total,100 (45.5),120 (54.5),220 (100)
"""

# those without an answer in rows of their own, left out of the percentages or not: 30 of 78 is 38.5, 2 of 80 is 2.5
MISSING = """Variable,Exposed (n=80),Unexposed (n=90),p
Smoker,,,0.04
 Yes,30 (38.5),21 (23.9),
 No,48 (61.5),67 (76.1),
 Missing,2,2,
Income,,,
 Low,40 (50.0),40 (44.4),
 High,38 (47.5),47 (52.2),
 Missing,2 (2.5),3 (3.3),
"""

# three rows of headings; F of 14.2, 10.1, 14.0, 12.8 with SDs near 6 of some 56 each is 6.2
THREE_ROWS = """,Arm 1,,Arm 2,,
,low dose (n=60),high dose (n=55),low dose (n=58),high dose (n=50),p
,M (SD),M (SD),M (SD),M (SD),
BDI,14.2 (6.1),10.1 (5.9),14.0 (6.3),12.8 (6.2),.001
"""

# SPSS, logistic: .031 / .012 squared is 6.67, its exponential 1.031; ln 1.007 and 1.056 are 1.96 x .012 on either side
SPSS = """Variable,B,S.E.,Wald,df,Sig.,Exp(B),95% C.I. for EXP(B) Lower,95% C.I. for EXP(B) Upper
Age,0.031,0.012,6.674,1,.010,1.031,1.007,1.056
Sex(1),-0.450,0.200,5.063,1,.024,0.638,0.431,0.944
Group,,,9.210,2,.010,,,
Constant,-2.110,0.610,11.965,1,.001,0.121,,
"""

# SPSS, linear: the interval is of B, and not of the standardised coefficient that stands nearer to it
BETAS = """Predictor,B,SE B,Beta,t,Sig.,95% CI Lower,95% CI Upper
Age,0.214,0.051,.312,4.196,.000,0.113,0.315
Female,-1.420,0.690,-.153,-2.058,.041,-2.782,-0.058
"""

# standard errors after ±, as the rows say: F of 19.19, 19.46, 20.23 with SDs of 4.7, 3.3, 4.3 is 0.59
ERRORS = """Measure,Control (n=39),Low dose (n=10),High dose (n=45),F,p
"Age (years), M (SE)",19.19 ± 0.76,19.46 ± 1.04,20.23 ± 0.64,0.59,0.554
"Anxiety, M ± SEM",23.87 ± 0.69,25.29 ± 1.52,23.82 ± 0.48,0.63,0.536
"""

# counts and percentages under a name that says (%): 101 of 237, 9 without an answer
SAID_PERCENT = """Variable,Boys (n=237),Girls (n=180)
Free school meals (%),101 (42.6%),82 (45.6%)
"""

# columns called low and high, percentages of rows: 32 of 83 is 38.55
LOW_HIGH = """Severity,Low,Medium,High,Total
None,30 (36.14),32 (38.55),21 (25.30),83 (100.00)
Mild,27 (29.67),30 (32.97),34 (37.36),91 (100.00)
Total,57 (32.76),62 (35.63),55 (31.61),174 (100)
"""

# weights of a meta-analysis beside counts: 53 / 56 over 226 / 231 is .967
WEIGHTS = """Study,Treatment n/N,Control n/N,Risk ratio (95% CI),Weight (%)
Patel 2001,53/56,226/231,"0.97 [0.91, 1.03]",67.8
Lee 2002,72/194,39/263,"2.50 [1.78, 3.53]",2.5
"""

# n of N with Wilson's intervals, and a p beside two of them that is of neither: 24 of 98 against 340 of 2050
SHARES = """Outcome,n,N,% (95% CI)
Female,33,1307,2.5 (1.8–3.5)
Excluded,56,74,75.7 (64.8–84.0)
"""
TWO_SHARES = """Outcome,Boys (n=98),Girls (n=2050),p
"Smoker, % (95% CI)",24.5 (17.0–33.9),16.6 (15.1–18.3),0.042
"""

# decimal commas that begin a p, and a p of one; Fisher's p of 29 of 85 against 57 of 239 is .086
COMMAS = """Event;Active (N=85);Placebo (N=239);P value
Headache;29 (34,1);57 (23,8);,086
Serious event;0 (0,0);0 (0,0);1,000
"""

# a trial's events with hazard ratios: ln .48 and ln 1.03 are 3.84 standard errors apart, .70 is 1.83 of them, p .067
HAZARDS = """Outcome,Active (n=200),Placebo (n=200),HR (95% CI),p
"Death, n (%)",45 (22.5),60 (30.0),0.70 (0.48–1.03),.07
"Stroke, n (%)",12 (6.0),20 (10.0),0.57 (0.28–1.17),.13
"""

# names of rows under a heading that may be one of levels
SUBGROUPS = """Subgroup,Events/N,HR (95% CI),P
Male,89/208,0.75 (0.55–1.02),0.07
Female,80/190,0.81 (0.60–1.10),0.17
"""
ACCURACY = """Test,"Sensitivity, n/N (%)","Specificity, n/N (%)"
Scale 1,21/49 (43),117/257 (45.5)
Scale 2,6/32 (18.8),95/252 (37.7)
"""

# 111 in 5290 years are 20.98 per 1,000
RATES = """Group,Events,Person-years,"Rate per 1,000 person-years (95% CI)",IRR (95% CI),p
Never,111,"5,290",21.0 (17.4–25.3),1 (ref),
Former,125,"2,560",48.8 (41.0–58.2),2.33 (1.80–3.00),<.001
"""

# counts that no word tells: 69 of 79 is 87.3
AGREEMENT = """Item,Agreement (n=79),κ (95% CI)
Item 1,69 (87.3),0.70 (0.53 to 0.87)
Item 2,60 (75.9),0.44 (0.24 to 0.64)
Item 3,55 (69.6),0.38 (0.18 to 0.58)
"""

# Wald's p of a risk ratio: ln .560 / sqrt(1/12 - 1/235 + 1/21 - 1/229) = -1.67, p .094
RISKS = """Outcome,Exposed (n=235),Unexposed (n=229),Risk ratio (95% CI),P
"Fall, n (%)",12 (5.1),21 (9.2),0.56 (0.28–1.11),0.094
"""

# a scale in columns, with its least and most: of 40 from 12 to 18 with a mean of 17.1, an SD of at most 2.2
DESCRIBED = """Measure,n,Mean,SD,Min,Max
Stress,56,19.72,3.92,10.97,27.85
Sleep,40,17.10,1.60,12.00,18.00
"""

# two models with columns that are called alike, each of the estimate before it
TWICE = """Variable,Crude OR,95% CI,p,Adjusted OR,95% CI,p
Smoker,2.00,1.20–3.34,.008,1.85,1.08–3.17,.025
Obese,1.48,0.86–2.54,.16,1.31,0.74–2.32,.36
"""

# agreement by item, percentages of rows, with a mean beside them: 34 of 101 is 33.7
AGREE = """Item,Agree,Neither,Disagree,Mean (SD)
Helped me,34 (34),27 (27),40 (40),1.94 (0.86)
Listened,20 (16),22 (17),86 (67),1.48 (0.75)
Came back,18 (12),70 (48),57 (39),1.73 (0.67)
"""

# a survey with its base, in per cent
BASE = """Response,Primary,Secondary,All
Base,790,446,1236
Agree (%),48,38,44
Disagree (%),52,62,56
"""

# decimal commas of a t with its p in one cell: t of 20.03 (4.82) against 21.30 (6.77) is .98
ONE_CELL = """Measure;Clinical (n=39);Community (n=46);Test
Depression;M = 20,03, SD = 4,82;M = 21,30, SD = 6,77;t(83) = –0,98, p = 0,329
"""

# chi-square with its degrees of freedom in one cell, percentages of rows; Pearson's of the four levels is 1.22
WITH_DF = """Factor,Excluded (n=51),Not excluded (n=110),χ² (df),p
Education,,,1.22 (3),0.749
  None,13 (31.7),28 (68.3),,
  Primary,15 (35.7),27 (64.3),,
  Secondary,8 (24.2),25 (75.8),,
  Higher,15 (33.3),30 (66.7),,
"""

# of a total in a column of its own: 12 of 95 is 12.6; 20 x 83 / (60 x 12) is 2.31
OF_TOTAL = """Factor,Total,"Relapsed, n (%)",OR (95% CI),p
Smoking,,,,
  Never,95,12 (12.6),1,
  Former,80,20 (25.0),2.31 (1.05–5.06),0.04
  Current,60,25 (41.7),4.94 (2.24–10.89),<.001
"""

# whole percentages of rows, of which one looks like a count with its percentage turned: 27 of 120 is 22.5
LIKE_TURNED = """Factor,Excluded (n=120),Not excluded (n=244)
Primary,23 (27),63 (73)
Higher,97 (35),181 (65)
"""

# counts alone, with totals of rows and of columns: 120 + 45 + 30 = 195
COUNTS = """Type,2015,2016,2017,Total
Neglect,120,131,140,391
Physical,45,50,39,134
Sexual,30,28,35,93
Total,195,209,214,618
"""

# percentages before their counts, as n = 17; a footnote's letter at a number of cases, ns after a p
BEFORE = """Item,"Boys, n = 145a","Girls, n = 160†",p
Bullied,27% (39),33% (53),0.24
Hungry,12% (n = 17),9% (n = 15),0.50 (NS)
"""

# R's table of coefficients, and Stata's: .0312 / .0121 = 2.58, p .0099; ln 1.0077 and ln 1.0563 are .047 apart
COEFFICIENTS = """Parameter,Estimate,Std. Error,z value,Pr(>|z|)
(Intercept),-1.2340,0.4321,-2.856,0.00429
age,0.0312,0.0121,2.579,0.00992
"""
STATA = """Variable,Odds Ratio,Std. Err.,z,P>|z|,[95% Conf. Interval]
age,1.0317,.0124,2.60,0.009,1.0077 – 1.0563
"""

# numbers of cases with their percentages of all: 39 of 145 is 26.9
CASES = """Variable,All n (%),Boys n (%),Girls n (%)
Total,305 (100.0),145 (47.5),160 (52.5)
Bullied,92 (30.2),39 (26.9),53 (33.1)
Excluded,32 (10.5),17 (11.7),15 (9.4)
"""

# a p of chi-square beside an interval that it is not of; a t with another name; 12.10 / .45 = 26.9
FIT = """Model,χ²,df,p,CFI,RMSEA (90% CI)
1,45.2,24,.006,.96,".060 (.032, .088)"
"""
EFFECTS = """Fixed effect,Coefficient,SE,t-ratio,df,p
Intercept,12.10,0.45,26.89,34,<.001
Slope,-0.36,0.12,-3.00,34,.005
"""

# a p that its heading says of which: t of 14.2 against 18.9 is 2.93, p .005, against 15.1 0.58 and .56
PAIRS = """Measure,CBT (n=30),IPT (n=31),TAU (n=29),CBT vs IPT p,CBT vs TAU p
BDI,14.2 (6.1),15.1 (6.0),18.9 (6.2),.56,.005
"""

# a geometric mean is in the middle on the scale of logarithms: sqrt(3.6 x 5.7) = 4.53
GEOMETRIC = """Outcome,A (n=40),B (n=42)
"CRP, geometric mean (95% CI)",3.2 (2.5–4.1),4.5 (3.6–5.7)
"""

# cases of a population: 45 of 123,456 are 36.5 per 100,000
INCIDENCE = """Age group,Cases,Population,"Rate per 100,000"
0-4,45,"123,456",36.5
5-9,60,"130,000",46.2
"""

# a note says that standard errors stand after ±: with SDs of .76 and .97, t of 5.41 against 5.92 is 2.65
NOTE = """Variable,A (n=40),B (n=42),p
Glucose,5.41 ± 0.12,5.92 ± 0.15,0.010
Insulin,10.2 ± 0.9,12.9 ± 1.0,0.049
Values are mean ± SEM,,,
"""

# numbers of cases in columns of their own; columns of post hoc tests and of corrected p, which are no groups
APART = """Measure,A n,A mean ± SD,B n,B mean ± SD,p
Stress,40,19.79 ± 5.88,35,21.40 ± 5.07,0.213
"""
POST_HOC = """Measure,A (n=40),B (n=35),C (n=30),"F(2, 102)",p,q,Post hoc
Stress,19.79 (5.88),21.40 (5.07),23.91 (4.76),5.15,0.007,0.021,A < C
"""

RIGHT = {
    name.lower(): text
    for name, text in globals().copy().items()
    if name.isupper() and isinstance(text, str) and "\n" in text
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_table_raises_nothing(name, tmp_path):
    (tmp_path / "table.csv").write_text(RIGHT[name], encoding="utf-8")
    for found in (audit_table(tmp_path / "table.csv"), typed(RIGHT[name])):
        assert findings(found) == [] and "holds" in set(found["verdict"])


SIGNS = {
    "minus": lambda text: re.sub(r"(?<![0-9A-Za-z])-(?=[.0-9])", "−", text),
    "middle dot": lambda text: re.sub(r"(?<=[0-9])[.](?=[0-9])", "·", text),
    "no-break space": lambda text: re.sub(r"(?<=\S) ", "\u00a0", text) if re.search("[0-9]", text) else text,
    "thin space": lambda text: re.sub(r"(?<=[0-9]) (?=[(±])", "\u2009", text),
}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("name", [name for name in RIGHT if name not in ("german", "commas", "one_cell")])
def test_typographic_signs_change_no_check(name, sign):
    rows = list(csv.reader(io.StringIO(RIGHT[name])))
    signed = [rows[0], *([SIGNS[sign](text) for text in row] for row in rows[1:])]

    def checks(rows):
        found = audit_table(pd.DataFrame(rows[1:], columns=rows[0]))
        return found[["check", "cell", "verdict"]].values.tolist()

    assert checks(signed) == checks(rows)


@pytest.mark.parametrize(
    ("name", "right", "wrong", "finding"),
    [
        ("medical", "24 (11.5)", "42 (11.5)", ("percentage", "Race or ethnic group: Black", "cannot hold")),
        ("medical", "24 (11.5)", "34 (16.3)", ("levels", None, "cannot hold")),  # 165 + 34 + 12 + 7 = 218 of 208
        ("matched", "0.280", "0.820", ("standardised difference", "Age (years)", "holds only under")),
        ("matched", "0.120", "0.210", ("standardised difference", "Female", "holds only under")),
        ("matched", "0.109", "0.190", ("standardised difference", "Smoking status", "holds only under")),
        ("matched", "525 (52.5%)", "535 (53.5%)", ("sum", "Female", "cannot hold")),
        ("denominators", "(34.3)", "(34.5)", ("percentage", "Infection", "cannot hold")),
        ("denominators", "0.56 (0.28–1.11)", "0.65 (0.28–1.11)", ("ratio", "Death", "cannot hold")),
        ("german", "0,577", "0,757", ("p", "weiblich", "cannot hold")),
        ("german", "44,0 ±", "45,0 ±", ("pooled mean", "Alter (Jahre), MW ± SD", "cannot hold")),
        ("percent", "29.8", "29.7", ("sum", "Drinks weekly", "holds only under")),  # cut off
        ("percent", "29.8", "31.4", ("sum", "Drinks weekly", "cannot hold")),
        ("percent", "0.093", "0.93", ("p", "Ever smoked", "cannot hold")),
        ("in_words", "170.4 ± 6.0", "165.4 ± 6.0", ("p", "Height (cm)", "cannot hold")),
        ("letters", "3.83", "8.33", ("statistic", "Kidney (g)", "cannot hold")),
        ("with_intervals", "-0.9 (-1.6", "-1.9 (-2.6", ("difference", "Pain at 12 weeks", "cannot hold")),
        ("with_intervals", "66.2", "68.2", ("interval", "Function", "holds only under")),  # middle 63.1
        ("with_intervals", "0.017", "0.17", ("p", "Function", "holds only under")),
        ("listed", "0.781", "0.871", ("p", "Age (years)", "cannot hold")),
        ("listed", "0.53", "0.35", ("p", "Sex: Male", "cannot hold")),
        ("listed", "39 (49.4)", "49 (62.0)", ("levels", None, "cannot hold")),
        ("ranges", "35–83", "58–65", ("SD within the range", "Age (years)", "cannot hold")),  # at most 3.7
        ("ranges", "38–84", "68–84", ("mean within the range", "Age (years)", "cannot hold")),
        ("ranges", "0.4–9.0", "2.9–3.6", ("SD within the range", "Size, cm", "cannot hold")),
        ("ranges", "14.2 (1–60)", "64.2 (1–60)", ("interval", "Follow-up", "cannot hold")),
        ("second_row", "66 (55.0)", "76 (63.3)", ("sum", "Female", "cannot hold")),
        ("models", "0.025", "0.25", ("p of the interval", "Smoker", "cannot hold")),
        ("models", "0.16,", "0.61,", ("p", "Obese", "cannot hold")),
        ("models", "2.00 (1", "2.90 (1", ("ratio", "Smoker", "cannot hold")),
        ("scales", ".022", ".22", ("p", "Stress", "cannot hold")),
        ("scales", "0.47", "0.74", ("standardised difference", "Stress", "holds only under")),
        ("regression", ".010", ".10", ("p of the interval", "Age", "cannot hold")),
        ("regression", "(0.20)", "(0.02)", ("interval by the SE", "Female", "cannot hold")),
        ("correlations", ".032", ".32", ("p of the statistic", "Age", "cannot hold")),
        ("of_rows", "50 (45.5)", "55 (45.5)", ("sum", "30-49", "cannot hold")),
        ("missing", "30 (38.5)", "30 (35.8)", ("percentage", "Smoker: Yes", "cannot hold")),
        ("missing", "38 (47.5)", "48 (60.0)", ("levels", None, "cannot hold")),  # 40 + 48 + 2 = 90 of 80
        ("three_rows", ".001", ".10", ("p", "BDI", "cannot hold")),
        ("kinds", "0.004", "0.40", ("p", "Score", "cannot hold")),  # t from 1.5 to 4.4
        ("spss", "6.674", "8.674", ("statistic of the SE", "Age", "cannot hold")),
        ("spss", "0.121", "0.211", ("ratio of the coefficient", "Constant", "cannot hold")),
        ("spss", "0.431", "0.341", ("interval", "Sex(1)", "holds only under")),
        ("spss", "9.210,2,.010", "9.210,2,.100", ("p of the statistic", "Group", "cannot hold")),
        ("betas", "-2.782", "-2.278", ("interval", "Female", "holds only under")),
        ("errors", "0.554", "0.054", ("p", "Age (years)", "cannot hold")),
        ("said_percent", "(42.6%)", "(46.2%)", ("percentage", "Free school meals", "cannot hold")),
        ("low_high", "32 (38.55)", "23 (38.55)", ("percentage", "None", "cannot hold")),
        ("weights", "72/194", "27/194", ("ratio", "Lee 2002", "cannot hold")),
        ("shares", "64.8", "46.8", ("interval", "Excluded", "holds only under")),
        ("shares", "56,74", "65,74", ("percentage", "Excluded", "cannot hold")),
        ("hazards", ".13", ".31", ("p of the interval", "Stroke", "cannot hold")),
        ("subgroups", "89/208", "899/208", ("count", "Male", "cannot hold")),
        ("subgroups", "0.17", "0.71", ("p of the interval", "Female", "cannot hold")),
        ("accuracy", "21/49 (43)", "21/49 (93)", ("percentage", "Scale 1", "cannot hold")),
        ("rates", "125,", "152,", ("rate", "Former", "holds only under")),
        ("rates", "48.8", "84.8", ("rate", "Former", "holds only under")),
        ("agreement", "69 (87.3)", "29 (87.3)", ("percentage", "Item 1", "cannot hold")),
        ("agreement", "60 (75.9)", "60 (57.9)", ("percentage", "Item 2", "cannot hold")),
        ("described", "1.60", "6.10", ("SD within the range", "Sleep", "cannot hold")),
        ("twice", ".025", ".25", ("p of the interval", "Smoker", "cannot hold")),
        ("agree", "86 (67)", "86 (76)", ("percentage", "Listened", "cannot hold")),
        ("base", "38,44", "38,54", ("sum", "Agree", "cannot hold")),
        ("one_cell", "–0,98", "–0,89", ("p of the statistic", "Depression", "cannot hold")),
        ("with_df", "1.22 (3)", "2.12 (3)", ("statistic", "Education: None", "cannot hold")),
        ("with_df", "0.749", "0.249", ("p of the statistic", "Education: None", "cannot hold")),
        ("with_df", "13 (31.7)", "31 (31.7)", ("percentage", "Education: None", "cannot hold")),
        ("of_total", "20 (25.0)", "20 (52.0)", ("percentage", "Former", "cannot hold")),
        ("of_total", "80,", "90,", ("percentage", "Former", "cannot hold")),
        ("of_total", "0.04", "0.40", ("p of the interval", "Former", "cannot hold")),
        ("counts", "214,618", "224,618", ("sum", "Neglect; Physical; Sexual; Total", "cannot hold")),
        ("counts", "39,134", "39,143", ("sum", "Physical", "cannot hold")),
        ("before", "(n = 17)", "(n = 71)", ("percentage", "Hungry", "cannot hold")),
        ("before", "0.24", "0.42", ("p", "Bullied", "cannot hold")),
        ("coefficients", "2.579", "2.759", ("statistic of the SE", "age", "cannot hold")),
        ("stata", "0.009", "0.09", ("p of the interval", "age", "cannot hold")),
        ("cases", "39 (26.9)", "39 (29.6)", ("percentage", "Bullied", "cannot hold")),
        ("cases", "92 (30.2)", "95 (31.1)", ("sum", "Bullied", "cannot hold")),
        ("fit", ".006", ".060", ("p of the statistic", "1", "cannot hold")),
        ("effects", "26.89", "28.69", ("statistic of the SE", "Intercept", "cannot hold")),
        ("effects", ".005", ".050", ("p of the statistic", "Slope", "cannot hold")),
        ("pairs", ".005", ".0001", ("p", "BDI", "cannot hold")),
        ("geometric", "3.6–5.7", "3.6–7.5", ("interval", "CRP, geometric", "holds only under")),
        ("incidence", "46.2", "64.2", ("rate", "5-9", "holds only under")),
        ("note", "0.010", "0.10", ("p", "Glucose", "cannot hold")),
        ("apart", "0.213", "0.321", ("p", "Stress", "cannot hold")),
        ("post_hoc", "0.007", "0.07", ("p of the statistic", "Stress", "cannot hold")),
        ("commas", ",086", ",860", ("p", "Headache", "cannot hold")),
    ],
)  # fmt: skip
def test_one_planted_figure_is_found(name, right, wrong, finding, tmp_path):
    assert RIGHT[name].count(right) >= 1
    (tmp_path / "table.csv").write_text(RIGHT[name].replace(right, wrong, 1), encoding="utf-8")
    found = [
        (check, row if finding[1] else None, verdict)
        for check, row, verdict in findings(audit_table(tmp_path / "table.csv"))
    ]
    assert finding in found, found


def test_the_oracles_of_standardised_differences_and_ranges():
    assert round(3.1 / math.sqrt((249 * 10.2**2 + 749 * 11.3**2) / 998), 3) == 0.281
    assert round(0.06 / math.sqrt((0.48 * 0.52 + 0.54 * 0.46) / 2), 3) == 0.120
    # shares of the last two levels: .28, .20 against .28, .16; their mean covariance has the determinant .02714
    assert round(math.sqrt(0.04**2 * 0.2016 / (0.2016 * 0.1472 - 0.0504**2)), 3) == 0.109
    assert round(math.sqrt((83.5 - 60.865) * (60.865 - 34.5) * 79 / 78), 1) == 24.6


@pytest.mark.parametrize(("text", "numbers"), [("62.1 (58.0 to 66.2)", (62.1, 58.0, 66.2)),
                                               ("12.1 (10.2–14.5)", (12.1, 10.2, 14.5)),
                                               ("12.1 (95% CI: 10.2, 14.5)", (12.1, 10.2, 14.5))])  # fmt: skip
def test_ends_of_an_interval_with_two_digits_are_no_level_of_confidence(text, numbers):
    assert tuple(number.value for number in cell(text).numbers) == numbers


@pytest.mark.parametrize("sizes", ["n = 120,n = 70,n = 50", "(120),(70),(50)", "(N=120),(N=70),(N=50)", "120,70,50"])
@pytest.mark.parametrize("file", [True, False])
def test_numbers_of_cases_in_a_second_row_of_headings(sizes, file, tmp_path):
    text = SECOND_ROW.replace("(n = 120),(n = 70),(n = 50)", sizes)
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    found = audit_table(tmp_path / "table.csv") if file else typed(text)
    assert findings(found) == [] and {"sum", "p", "pooled SD"} <= set(found["check"])


@pytest.mark.parametrize(
    "heads",
    [
        "Group A (n=70)b,Group B (n = 50) c,P valued",
        "Group A (n=70)*,Group B (n=50)†,P‡",
        '"Group A (n=70) a,b",Group B (n=50),P',
        '"Group A (n=70), n (%)","Group B (n=50), n (%)",P',
        '"Group A, n (%) (n=70)","Group B, n (%) (n=50)",p-value',
    ],
)
def test_letters_and_kinds_beside_the_number_of_cases(heads):
    found = typed(f"Variable,{heads}\nFemale,40 (57.1),26 (52.0),0.577\n")
    assert findings(found) == [] and found["check"].tolist() == ["percentage", "percentage", "p"]
    assert "Group A 40 (57.1) (n = 70) against Group B 26 (52.0) (n = 50)" in found["explanation"].iloc[2]


@pytest.mark.parametrize(
    "head", ["one-sided p", "1-sided P value", "p (one-tailed)", "One-tailed p", "Exact Sig. (1-tailed)"]
)
@pytest.mark.parametrize(
    ("p", "verdict"),
    [("0.156", "holds"), ("0.844", "holds"), ("0.312", "holds only under"), ("0.700", "cannot hold")],
)
def test_a_one_sided_p_is_told_by_its_heading(head, p, verdict):
    # t of 43.2 (9.8) of 70 against 45.1 (10.5) of 50 is 1.015: one-sided .156 or .844, two-sided .312
    found = typed(f"Variable,Group A (n=70),Group B (n=50),{head}\nAge,43.2 (9.8),45.1 (10.5),{p}\n")
    assert found.loc[found["check"] == "p", "verdict"].tolist() == [verdict]


def test_a_one_sided_test_is_told_by_its_name_and_by_its_statistic():
    head, row = "Variable,Group A (n=70),Group B (n=50)", "Age,43.2 (9.8),45.1 (10.5)"
    assert findings(typed(f"{head},p,test\n{row},0.156,one-sided t test\n")) == []
    found = typed(f"{head},t(118),1-tailed p\n{row},-1.01,0.157\n")
    assert findings(found) == [] and "p of the statistic" in set(found["check"])
    assert ("p of the statistic", "Age", "cannot hold") in findings(
        typed(f"{head},t(118),1-tailed p\n{row},-1.01,0.41\n")
    )


@pytest.mark.parametrize("kind", ["n (%),,,,", ",n (%),n (%),n (%),n (%)", "n (%),n (%),n (%),n (%),n (%)"])
@pytest.mark.parametrize(("p", "verdict"), [("0.201", "holds"), ("0.021", "cannot hold")])
def test_a_p_beside_a_name_with_a_column_of_kinds_and_levels_that_are_not_indented(kind, p, verdict):
    lines = [("Stage", ",", p), ("I", "12 (7.6),4 (2.6)", ""), ("II", "35 (22.2),32 (20.8)", ""),
             ("III", "56 (35.4),64 (41.6)", ""), ("IV", "55 (34.8),54 (35.1)", "")]  # fmt: skip
    rows = [f"{name},{each},{cells},{p}" for (name, cells, p), each in zip(lines, kind.split(","), strict=True)]
    around = ["age,mean (SD),51.42 (11.01),48.58 (9.96),0.018", "female,n (%),137 (86.7),139 (90.3),0.421"]
    found = typed("\n".join(["variable,kind,drug (n=158),placebo (n=154),p", around[0], *rows, around[1]]) + "\n")
    assert found.loc[(found["check"] == "p") & found["row"].eq("Stage: I"), "verdict"].tolist() == [verdict]
    assert found.loc[found["check"] == "levels", "verdict"].tolist() == ["holds", "holds"]


TOTAL = "variable,kind,a (n=158),b (n=154),overall (n={})\nage,mean (SD),51.42 (11.01),48.58 (9.96),50.74 (10.45)\n"
TOTAL += "female,n (%),137 (86.7),139 (90.3),{}\n"


@pytest.mark.parametrize(("n", "under"), [(300, "12 cases in more than one of these columns"),
                                          (311, "1 case in more than one of these columns"),
                                          (321, "9 cases in none of these columns")])  # fmt: skip
def test_a_total_that_its_columns_miss_narrowly_holds_only_under_a_condition(n, under):
    found = typed(TOTAL.format(n, f"276 ({27600 / n:.1f})"))
    told = found[found["check"] == "groups"]
    assert told[["verdict", "under", "cell"]].values.tolist() == [["holds only under", under, "C1 D1 E1"]]
    assert f"158 + 154 = 312 is not the {n} of overall" in told["explanation"].item()
    assert not set(found["check"]) & {"sum", "pooled mean", "pooled SD"}
    assert ("digits exchanged" in set(found["check"])) == (n == 321)  # 312


def test_a_total_of_other_persons_is_a_note_before_the_findings(tmp_path):
    found = typed(TOTAL.format(418, "374 (89.5)"))
    assert findings(found) == []
    assert found.loc[found["check"] == "groups", "verdict"].tolist() == ["not checked"]


def test_a_cell_that_was_not_understood_leaves_its_row_untested():
    # two of three means say nothing of an F or a p of all three
    found = typed(LETTERS.replace("2.11 ± 0.15ab", "about 2"))
    mine = found[found["row"] == "Kidney (g)"]
    assert set(mine["verdict"]) == {"not checked"}
    assert "the cell of Control was not understood" in " ".join(mine["explanation"])


def test_a_p_beside_numbers_of_cases_is_told():
    found = typed("x,a,b,p\nn,50,50,0.03\nfemale,20 (40.0),22 (44.0),0.69\n")
    assert found.loc[found["cell"] == "D2", "verdict"].tolist() == ["not checked"]


@pytest.mark.parametrize("name", RIGHT)
def test_every_figure_of_a_table_is_told_of(name, tmp_path):
    """No cell with a figure goes without a word: it is checked, or not checked with the reason, or part of another."""
    (tmp_path / "table.csv").write_text(RIGHT[name], encoding="utf-8")
    rows, table = checks_of(read_grid(tmp_path / "table.csv"))
    told = {address for row in rows for address in row["cell"].split()}
    told |= {entry.address for row in table.rows for entry in row.entries.values() if entry.checked}
    figures = {
        table.grid.address(row, place): text
        for row, texts in enumerate(table.grid.rows)
        for place, text in enumerate(texts)
        if place and not text[:1].isalpha() and any(map(str.isdigit, text))
    }
    assert {place: text for place, text in figures.items() if place not in told} == PARTS.get(name, {})


#: An interval beside its estimate, numbers of cases: read as part of others.
PARTS = {
    "regression": {"C2": "0.007 to 0.055", "C3": "-0.84 to -0.06"},
    "correlations": {"D2": "104", "D3": "104"},
    "spss": {"H2": "1.007", "I2": "1.056", "H3": "0.431", "I3": "0.944"}
    | {"C2": "0.012", "C3": "0.200", "C5": "0.610", **{f"E{row}": "1" for row in (2, 3, 5)}, "E4": "2"},
    "betas": {"C2": "0.051", "C3": "0.690", "G2": "0.113", "H2": "0.315", "G3": "-2.782", "H3": "-0.058"},
    "base": {"B2": "790", "C2": "446", "D2": "1236"},
    "twice": {"C2": "1.20–3.34", "C3": "0.86–2.54", "F2": "1.08–3.17", "F3": "0.74–2.32"},
    "coefficients": {"C2": "0.4321", "C3": "0.0121"},
    "stata": {"C2": ".0124", "F2": "1.0077 – 1.0563"},
    "cases": {"B2": "305 (100.0)", "C2": "145 (47.5)", "D2": "160 (52.5)"},
    "fit": {"C2": "24"},
    "effects": {"C2": "0.45", "C3": "0.12", "E2": "34", "E3": "34"},
    "rates": {"E2": "1 (ref)"},
    "shares": {"B2": "33", "C2": "1307", "B3": "56", "C3": "74"},
    "listed": {"C6": "81", "D6": "79"},
}


def test_columns_that_are_times_may_have_a_paired_test():
    # Student's t of 88.1 (12.0) against 85.2 (11.5) of 30 each is 0.96, p .34; of the changes it is 5.1
    text = "Outcome,Before (n=30),After (n=30),p\nWeight,88.1 ± 12.0,85.2 ± 11.5,{}\n"
    found = typed(text.format("<0.001"))
    assert findings(found) == [("p", "Weight", "holds only under")]
    assert "paired" in found.loc[found["check"] == "p", "under"].item()
    assert findings(typed(text.format("0.34"))) == []
    assert findings(typed(text.replace("Before", "Drug").replace("After", "Placebo").format("<0.001"))) == [
        ("p", "Weight", "cannot hold")
    ]
    named = typed(text.replace(",p\n", ",Paired t,p\n").format("5.12,<0.001"))
    assert findings(named) == [] and "p of the statistic" in set(named["check"])


@pytest.mark.parametrize("heads", ["Before (n=55),After (n=55)", "Mothers (n=55),Fathers (n=55)"])
def test_a_paired_t_is_a_condition_of_its_statistic_too(heads):
    """Of times, and of columns where the t has one degree of freedom fewer than each has cases."""
    found = typed(f"Outcome,{heads},t(54),p\nWeight,20.4 (4.9),17.4 (6.6),5.27,<.001\n")
    bad = found[found["verdict"] != "holds"]
    assert {"statistic", "degrees of freedom"} <= set(bad["check"]) and set(bad["verdict"]) == {"holds only under"}
    assert bad["under"].str.contains("paired").all()


def test_a_ratio_of_a_total_may_be_pooled_over_its_rows():
    text = WEIGHTS + 'Total (95% CI),125/250,265/494,"1.05 [0.98, 1.12]",100.0\n'  # 125 / 250 over 265 / 494 is .932
    found = typed(text)
    assert findings(found) == [("ratio", "Total (95% CI)", "holds only under")]


def test_fewer_cases_are_a_condition_of_chi_square_and_of_welchs_t():
    """With answers missing that percentages without decimals do not show: 98 of 237; 233 and 155 cases."""
    found = typed("Variable,A (n=240),B (n=160),test\nMeals (%),98 (41),55 (34),chi2(1) = 1.96\n")
    assert findings(found) == [("statistic", "Meals", "holds only under")]
    found = typed("Variable,A (n=240),B (n=160),test\nBMI,19.56 (12.74),22.24 (11.40),t(354.0) = -2.16\n")
    assert {verdict for *_, verdict in findings(found)} == {"holds only under"}


@pytest.mark.parametrize("head", ["p (group × time)", "p for time x group", "P (time by group)"])
def test_a_p_of_an_interaction_is_not_worked_out(head):
    found = typed(f"Outcome,A pre (n=40),A post (n=40),B pre (n=41),B post (n=41),{head}\n"
                  "Sleep (%),20 (50),22 (55),21 (51),20 (49),.94\n")  # fmt: skip
    assert found.loc[found["column"] == head, "verdict"].tolist() == ["not checked"]


@pytest.mark.parametrize("head", ["Log-rank p", "Mann-Whitney p", "Kruskal–Wallis P value"])
def test_a_p_is_told_by_a_heading_that_begins_with_its_test(head):
    found = typed(f'Outcome,A (n=120),B (n=118),{head}\n"Death, n (%)",30 (25.0),12 (10.2),.003\n')
    assert found.loc[found["column"] == head, ["check", "verdict"]].values.tolist() == [["p", "not checked"]]


def test_adjusted_means_are_not_held_against_a_p_of_their_model():
    # with SDs of 1.1 x sqrt(40) and sqrt(42), t of 14.2 against 17.9 is 2.38 and F 5.66, but the model has more in it
    found = typed('Outcome,"Adjusted mean (SE) CBT (n=40)","Adjusted mean (SE) TAU (n=42)","F(1,79)",p\n'
                  "BDI,14.2 (1.1),17.9 (1.1),4.62,.035\n")  # fmt: skip
    assert findings(found) == []
    found = typed(
        'Outcome,"CBT, mean (SE) (n=40)","TAU, mean (SE) (n=42)","F(1,80)",p\nBDI,14.2 (1.1),17.9 (1.1),4.62,.035\n'
    )
    assert {check for check, *_ in findings(found)} >= {"p", "statistic"}


def test_a_t_may_be_cut_off_and_a_p_have_a_point_among_decimal_commas():
    found = typed("Predictor,B,t,p\nAge,0.02,0.48,.626\n")  # p of 0.489 with 60 degrees of freedom is .627
    assert findings(found) == [("p of the statistic", "Age", "holds only under")]
    found = typed("Measure;A (n=33);B (n=39);Test\nAge;18,96 (5,32);22,52 (5,76);t(70) = –2,71, p = 0.009\n")
    assert findings(found) == []


def test_a_title_may_say_that_standard_errors_stand_beside_the_means(tmp_path):
    table = NOTE.replace("Values are mean ± SEM,,,\n", "")
    (tmp_path / "table.csv").write_text(f"Table 2. Outcomes (mean ± SE),,,\n{table}", encoding="utf-8")
    assert findings(audit_table(tmp_path / "table.csv")) == []
    assert {check for check, *_ in findings(typed(table))} == {"p"}


def test_a_number_of_cases_within_a_heading():
    found = typed("Outcome,A (n=40) week 6,B (n=42) week 6,p\nBDI,14.2 (6.1),18.9 (6.2),{}\n".format("<.001"))
    assert findings(found) == [] and "holds" in set(found["verdict"])


@pytest.mark.parametrize("head", ["p (Bonferroni)", "Corrected p", "Tukey p", "adj. p"])
def test_a_p_that_was_corrected_for_others_is_told(head):
    found = typed(f"Measure,A (n=40),B (n=35),{head}\nStress (%),20 (50),9 (26),0.09\n")  # .03 of one test alone
    assert found.loc[found["column"] == head, ["check", "verdict"]].values.tolist() == [["p", "not checked"]]


def test_a_base_of_means_is_a_variable():
    found = typed('Count,A (n=40),B (n=35),p\n"base",30.79 ± 25.75,31.61 ± 27.64,0.89\n')
    assert found.loc[found["check"] == "p", ["row", "verdict"]].values.tolist() == [["base", "holds"]]


@pytest.mark.parametrize("head", ["U", "W", "Mann–Whitney U", "Rank sum"])
def test_a_p_of_ranks_is_told_by_the_statistic_beside_it(head):
    # t of the means is 1.56, p .12; a z of -0.92 has a p of .36
    found = typed(f"Scale,Girls (n=74),Boys (n=16),{head},z,p\nSleep,44.7 (4.0),46.4 (3.7),451.0,-0.92,0.36\n")
    assert "cannot hold" not in set(found["verdict"]) and "holds" in set(found["verdict"])
    if head == "Rank sum":
        assert "rank test" in found.loc[found["verdict"] == "holds only under", "under"].item()


@pytest.mark.parametrize(
    ("stub", "heads", "note"),
    [
        ("Bullied, n (weighted %)", "Boys (n=412),Girls (n=388)", ""),
        ("Bullied", '"Boys (n=412), n (weighted %)","Girls (n=388), n (weighted %)"', ""),
        ("Bullied, n (%)", "Boys (n=412),Girls (n=388)", "Percentages are weighted; numbers are unweighted,,,\n"),
    ],
)
def test_weighted_percentages_are_not_held_against_their_counts(stub, heads, note):
    text = f'Item,{heads},p\n"{stub}",101 (22.1),120 (33.0),0.002\n'  # 101 of 412 is 24.5
    found = typed(text + '"Age, mean (SD), 0-3",1.50 (0.50),1.50 (0.50),\n' + note)
    assert findings(found) == [] and (found["explanation"].str.startswith("weighted")).sum() == 3
    assert findings(typed(text.replace("weighted", "").replace("n ( %)", "n (%)"))) != []


def test_a_difference_in_per_cent_has_a_p_and_a_prevalence_none():
    text = "Outcome,{},p\nFalls,10.0 (2.2 to 17.8),{}\n"  # 10.0 / 3.98 = 2.51
    assert findings(typed(text.format('"Absolute difference, % (95% CI)"', ".012"))) == []
    found = findings(typed(text.format('"Absolute difference, % (95% CI)"', ".12")))
    assert found == [("p of the interval", "Falls", "cannot hold")]
    assert findings(typed(text.format('"Prevalence, % (95% CI)"', ".12"))) == []


def test_an_r_beside_a_t_leaves_it_its_degrees_of_freedom():
    found = typed("Measure,Mothers (n=60),Fathers (n=60),t(59),p,r\nStress,3.21 (0.80),2.98 (0.77),2.11,.039,.42\n")
    assert {verdict for *_, verdict in findings(found)} == {"holds only under"}  # paired


def test_arr_may_be_a_difference_of_risks():
    found = typed("Outcome,ARR (95% CI),p\nRelapse,11.3 (2.8 to 19.8),.009\nDeath,-1.2 (-5.1 to 2.7),.55\n")
    assert findings(found) == []  # 11.3 / 4.34 = 2.61
    found = typed("Outcome,aRR (95% CI),p\nDeath,-1.2 (-5.1 to 2.7),.55\n")
    assert findings(found) == [("interval", "Death", "cannot hold")]


def test_percentages_of_rows_may_be_cut_off():
    cut = LOW_HIGH.replace("36.14", "36.1").replace("38.55", "38.5").replace("25.30", "25.3")
    found = typed(cut.replace("29.67", "29.6").replace("32.97", "32.9").replace("37.36", "37.3"))
    assert {check[::2] for check in findings(found)} == {("percentage", "holds only under")}


def test_a_p_for_trend_is_told():
    found = typed("x,Q1 (n=250),Q2 (n=250),P for trend\nmale,120 (48.0),126 (50.4),0.09\n")
    assert findings(found) == [] and "P for trend: it cannot be worked out" in found["explanation"].iloc[0]


def test_numbers_of_cases_below_the_figures_and_signs_of_currency():
    below = "x,kind,boys,girls,all\nyes,n (%),47 (45.2),58 (52.3),105 (48.8)\nn,,104,111,215\n"  # 58 of 111 is 52.25
    assert findings(typed(below)) == [] and "sum" in set(typed(below)["check"])
    assert ("percentage", "yes", "cannot hold") in findings(typed(below.replace("45.2", "42.5")))
    first = "Characteristic,n (%)\nTotal,240 (100)\nMale,132 (55.0)\n18-29,60 (25.0)\n30-49,120 (50.0)\n"
    assert findings(typed(first)) == []
    assert findings(typed(first.replace("(50.0)", "(50.5)"))) == [("percentage", "30-49", "cannot hold")]
    # 12,345 - 11,987 = 358; t of these SDs and 120 and 118 cases is 0.87, p .38
    money = 'Cost,A (n=120),B (n=118),Difference,p\nTotal (£),"£12,345 (3,210)","£11,987 (3,105)",358,{}\n'
    assert findings(typed(money.format("0.38"))) == []
    assert findings(typed(money.format("0.83"))) == [("p", "Total (£)", "cannot hold")]
