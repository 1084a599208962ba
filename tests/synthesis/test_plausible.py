"""No impossible person: what is recorded of one person hangs together."""

import pytest


@pytest.fixture(scope="module", params=["committed", "cohort_anew"])
def cohort(request):
    return request.getfixturevalue(request.param)


def test_phase_2_is_blank_outside_the_cse_group(cohort, study):
    phase_2 = [v.name for v in study.codebook if v.name.endswith("_p2")] + [
        "court_case",
        "disclosed",
        "age_cse_concern",
    ]
    assert cohort.loc[cohort["cse"] == 0, phase_2].isna().all(axis=None)


def test_a_response_has_an_impact_exactly_where_it_was_provided(cohort, study):
    for name in study.responses:
        given = cohort[f"{name}_provided"] == 1
        assert cohort.loc[~given, f"{name}_impact"].isna().all(), name
        assert cohort.loc[given, f"{name}_impact"].notna().mean() > 0.9, name


def test_responses_to_cse_are_given_in_the_cse_group_only(cohort):
    assert (cohort.loc[cohort["cse"] == 0, ["police_provided", "accommodated_provided", "moved_provided"]] == 0).all(
        axis=None
    )


def test_ten_or_eleven_years_pass_between_exercise_and_research(cohort):
    assert (cohort["age_at_research"] - cohort["age_2006"]).isin([10, 11]).all()


@pytest.mark.parametrize(
    "narrow, wide",
    [
        ("ran_away_often_p1", "ran_away_p1"),
        ("ran_away_often_p2", "ran_away_p2"),
        ("pregnancy_p1", "pregnancy_ever"),
        ("both_sexual_abuse_p1", "any_sexual_abuse_p1"),
    ],
)
def test_the_narrower_code_implies_the_wider(cohort, narrow, wide):
    assert (cohort.loc[cohort[narrow] == 1, wide] == 1).all()


def test_pregnancies_add_up(cohort):
    assert ((cohort["n_pregnancies"] > 0) == (cohort["pregnancy_ever"] == 1)).all()
    chain = ["n_removed_at_birth", "n_live_births", "n_pregnancies_known_outcome", "n_pregnancies"]
    for fewer, more in zip(chain, chain[1:], strict=False):
        assert (cohort[fewer] <= cohort[more]).all(), fewer
    in_phase_2 = cohort["n_pregnancies_p2"].fillna(0)
    assert (in_phase_2 + cohort["pregnancy_p1"] <= cohort["n_pregnancies"]).all()


def test_the_first_pregnancy_lies_within_the_life_so_far(cohort):
    with_one = cohort[cohort["pregnancy_ever"] == 1]
    assert (with_one["age_first_pregnancy"] <= with_one["age_at_research"]).all()
    assert cohort.loc[cohort["pregnancy_ever"] == 0, "age_first_pregnancy"].isna().all()


def test_phase_1_ends_when_concerns_about_cse_arise(cohort):
    group = cohort[(cohort["cse"] == 1) & (cohort["pregnancy_ever"] == 1)]
    before = group["pregnancy_p1"] == 1
    assert (group.loc[before, "age_first_pregnancy"] <= group.loc[before, "age_cse_concern"]).all()
    assert (group.loc[~before, "age_first_pregnancy"] >= group.loc[~before, "age_cse_concern"]).all()


def test_maternity_support_went_to_females_with_a_pregnancy(cohort):
    given = cohort[cohort["maternity_provided"] == 1]
    assert (given["sex"] == "female").all() and (given["pregnancy_ever"] == 1).all()


def test_several_perpetrators_wherever_two_kinds_are_recorded(cohort):
    kinds = cohort[["perpetrator_older_partner", "perpetrator_associate", "perpetrator_peer"]].sum(axis=1)
    assert (cohort.loc[kinds > 1, "several_perpetrators"] == 1).all()


def test_the_number_of_types_of_abuse_is_the_sum_of_the_items(cohort):
    for phase in ("p1", "p2"):
        items = [
            f"{name}_{phase}"
            for name in (
                "physical_abuse",
                "familial_sexual_abuse",
                "extrafamilial_sexual_abuse",
                "neglect",
                "emotional_abuse",
            )
        ]
        known = cohort[cohort[f"n_abuse_types_{phase}"].notna()]
        assert (known[items].sum(axis=1) == known[f"n_abuse_types_{phase}"]).all()
    unknown = cohort[cohort["n_abuse_types_p1"].isna()]
    assert len(unknown) == 1 and unknown["cse"].item() == 1 and unknown["risk_group"].item() == "high"


def test_counts_have_sensible_tails(cohort):
    assert cohort["n_social_workers"].max() <= 45 and cohort["n_agencies_p1"].max() <= 25
    assert (cohort["moves_total"] > 40).sum() <= 8
