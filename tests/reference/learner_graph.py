"""The learner graph from the rows of the source table, as GRAPH.md says it: slow, plain, and independent of our Rust.

In: rows (dicts of column -> Python value, in table order), the as-of date D, the country lookup. Out: a Graph: nodes,
relationships, rejects and counts. Pure functions: no file, no server, no clock.
"""

from __future__ import annotations

import datetime
from collections import Counter

from cleaning import clean_boolean, clean_count, clean_education_level, clean_gender, clean_text
from enrolments import Programs, add_enrolments, read_enrolments
from geography import Geography, Places
from graph import LEARNING_STATES, PROFESSIONAL_STATUSES, Graph, Properties
from identifiers import Countries
from jobs import PLACEMENT, Companies, Job, add_jobs, add_placements, is_venture, read_jobs
from learners import Learner, Row, group_rows
from learning_timeline import learning_periods
from professional_timeline import professional_periods
from skills import Skills, add_skills


def build_graph(rows: list[Row], as_of: datetime.date, countries: Countries) -> Graph:
    graph = Graph()
    geography, skills, programs, companies = Geography(countries), Skills(), Programs(), Companies()
    for learner in group_rows(rows, graph):
        enrolments = read_enrolments(learner, as_of, graph.counts)
        jobs = read_jobs(learner, as_of, graph.counts)
        places = geography.mention_learner(learner, graph)
        state = current_learning_state(learner.first_row)
        status = current_professional_status(learner, jobs, as_of)

        properties = learner_properties(learner.first_row, places, graph.counts)
        properties |= {"currentLearningState": state, "currentProfessionalStatus": status}
        graph.add_node("Learner", learner.hashed_email, properties)
        add_skills(learner, graph, skills)
        add_enrolments(learner, enrolments, graph, programs)
        add_jobs(learner, jobs, as_of, graph, companies)
        add_placements(learner, as_of, graph, companies)
        for end, period in learning_periods(enrolments, state, as_of, graph.counts):
            graph.add_relationship("HAS_LEARNING_STATE", learner.hashed_email, end, period)
        for end, period in professional_periods(jobs, status, as_of, graph.counts):
            graph.add_relationship("HAS_PROFESSIONAL_STATUS", learner.hashed_email, end, period)

    for nodes in (geography, skills, programs, companies):
        nodes.add_nodes(graph)
    for state in LEARNING_STATES:
        graph.add_node("LearningState", state, {})
    for status in PROFESSIONAL_STATUSES:
        graph.add_node("ProfessionalStatus", status, {})
    return graph


def learner_properties(row: Row, places: Places, counts: Counter) -> Properties:
    return {
        "sandId": clean_text(row.get("sand_id")),
        "fullName": clean_text(row.get("full_name")),
        "profilePhotoUrl": clean_text(row.get("profile_photo_url")),
        "bio": clean_text(row.get("bio")),
        "gender": clean_gender(row.get("gender"), counts),
        "educationLevel": clean_education_level(row.get("education_level_of_study")),
        "educationField": clean_text(row.get("education_field_of_study")),
        "countryOfResidenceCode": places.residence_code,
        "countryOfOriginCode": places.origin_code,
        "cityOfResidenceId": places.city_id,
        "isPlaced": clean_boolean(row.get("is_placed"), counts) or False,
        "isFeatured": clean_boolean(row.get("is_featured"), counts) or False,
        "isRural": clean_boolean(row.get("is_rural"), counts, rural=True),
        "descriptionOfLivingLocation": clean_text(row.get("description_of_living_location")),
        "hasDisability": clean_boolean(row.get("has_disability"), counts),
        "typeOfDisability": clean_text(row.get("type_of_disability")),
        "isFromLowIncomeHousehold": clean_boolean(row.get("is_from_low_income_household"), counts),
        # Choice: the snapshot's id is a number (bigint column), so -99 is missing.
        "snapshotId": clean_count(row.get("snapshot_id"), counts),
    }


def flag(row: Row, column: str) -> bool:
    """A flag that decides a state; one that is missing or cannot be read is not set."""
    return clean_boolean(row.get(column), Counter()) is True


def current_learning_state(row: Row) -> str:
    if flag(row, "is_graduate_learner"):
        return "Graduate"
    if flag(row, "is_a_dropped_out"):
        return "Dropped Out"
    if flag(row, "is_active_learner"):
        return "Active"
    return "Inactive"


def current_professional_status(learner: Learner, jobs: list[Job], as_of: datetime.date) -> str:
    going_on = [job for job in jobs if job.goes_on(as_of)]
    if len(going_on) >= 2:
        return "Multiple"
    if len(going_on) == 1:
        placed_in_venture = any(is_venture(placed) for placed in learner.entries[PLACEMENT])
        return "Entrepreneur" if placed_in_venture else going_on[0].kind
    row = learner.first_row
    set_flags = [
        status
        for column, status in [
            ("is_running_a_venture", "Entrepreneur"),
            ("is_wage_employed", "Wage Employed"),
            ("is_a_freelancer", "Freelancer"),
        ]
        if flag(row, column)
    ]
    if len(set_flags) >= 2:
        return "Multiple"
    return set_flags[0] if set_flags else "Unemployed"
