"""The names under which a chapter records what a model says, and the scorecard finds it."""

#: Recorded in place of an odds ratio where a model does not keep the predictor.
LEFT_OUT = "left out"


def claim_value(model: str, predictor: str, what: str = "odds_ratio") -> str:
    """The name under which a chapter records a model's result.

    Parameters
    ----------
    model, predictor : as in claims.csv.
    what : "odds_ratio", recorded as a number, or as the words "left out" where the model does not keep the
        predictor; or "p".

    Examples
    --------
    >>> claim_value("cse_any_abuse", "female:any_sexual_abuse_p1", "p")
    'model.cse_any_abuse.female-by-any_sexual_abuse_p1.p'
    """
    return f"model.{model}.{predictor.replace(':', '-by-')}.{what}"
