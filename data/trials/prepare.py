"""The data sets of the trials that Python packages bring, in whole numbers: python prepare.py writes them here."""

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_diabetes
from statsmodels.datasets import anes96, fair


def write(name: str, columns: dict[str, pd.Series]) -> None:
    """One data set as CSV, its numbers rounded."""
    table = pd.DataFrame({column: (values.astype(float) + 0.5).astype(int) for column, values in columns.items()})
    table.to_csv(Path(__file__).parent / f"{name}.csv", index=False, lineterminator="\n")


d = anes96.load_pandas().data
write("anes96", {
    "voted_dole": d["vote"], "degree": d["educ"] >= 6, "news_days": d["TVnews"], "self_placed": d["selfLR"],
    "clinton_placed": d["ClinLR"], "dole_placed": d["DoleLR"], "party": d["PID"], "age": d["age"],
    "income": d["income"], "town": d["popul"] >= 100,
})  # fmt: skip
d = fair.load_pandas().data
write("fair", {
    "affair": d["affairs"] > 0, "parent": d["children"] > 0, "marriage_rating": d["rate_marriage"],
    "age": d["age"], "years_married": d["yrs_married"], "religious": d["religious"], "schooling": d["educ"],
    "work": d["occupation"], "husbands_work": d["occupation_husb"],
})  # fmt: skip
d = load_diabetes(scaled=False, as_frame=True).frame
write("diabetes", {
    "progressed": d["target"] > d["target"].quantile(0.75), "sex_2": d["sex"] == 2, "age": d["age"], "bmi": d["bmi"],
    "blood_pressure": d["bp"], "cholesterol": d["s1"], "ldl": d["s2"], "hdl": d["s3"], "ratio": 10 * d["s4"],
    "log_triglycerides": 10 * d["s5"], "glucose": d["s6"],
})  # fmt: skip
