"""The shape of the learner graph, as GRAPH.md lists it, and a plain container for one.

Nodes by label and key; relationships by type. A missing property is absent. Nothing here knows how a graph is made.
"""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict

Properties = dict[str, object]

# label -> (key property, other properties)
NODE_SHAPES: dict[str, tuple[str, list[str]]] = {
    "Learner": (
        "hashedEmail",
        ["sandId", "fullName", "profilePhotoUrl", "bio", "gender", "educationLevel", "educationField",
         "countryOfResidenceCode", "countryOfOriginCode", "cityOfResidenceId", "currentLearningState",
         "currentProfessionalStatus", "isPlaced", "isFeatured", "isRural", "descriptionOfLivingLocation",
         "hasDisability", "typeOfDisability", "isFromLowIncomeHousehold", "snapshotId"],
    ),
    "Country": ("code", ["name", "latitude", "longitude"]),
    "City": ("id", ["name", "countryCode", "latitude", "longitude"]),
    "Skill": ("id", ["name", "category"]),
    "Program": ("id", ["name", "cohortCode", "provider"]),
    "Company": ("id", ["name"]),
    "LearningState": ("state", []),
    "ProfessionalStatus": ("status", []),
}


@dataclasses.dataclass(frozen=True)
class RelationshipShape:
    start: str
    end: str
    identity: tuple[str, ...]
    properties: tuple[str, ...]


RELATIONSHIP_SHAPES: dict[str, RelationshipShape] = {
    "HAS_SKILL": RelationshipShape("Learner", "Skill", (), ("source",)),
    "ENROLLED_IN": RelationshipShape(
        "Learner",
        "Program",
        ("index",),
        ("index", "cohortCode", "enrollmentStatus", "startDate", "endDate", "graduationDate", "lmsOverallScore",
         "completionRate", "numberOfAssignments", "numberOfSubmissions", "numberOfAssignmentsPassed",
         "assignmentCompletionRate", "numberOfMilestones", "numberOfMilestonesSubmitted", "numberOfMilestonesPassed",
         "milestoneCompletionRate", "numberOfTests", "numberOfTestsSubmitted", "numberOfTestsPassed",
         "testCompletionRate", "isCompleted", "isDropped", "duration"),
    ),
    "WORKS_FOR": RelationshipShape(
        "Learner",
        "Company",
        ("source", "index"),
        ("source", "index", "position", "startDate", "endDate", "isCurrent", "country", "duration", "employmentType",
         "salaryRange"),
    ),
    "RUNS_VENTURE": RelationshipShape(
        "Learner",
        "Company",
        ("index",),
        ("index", "role", "startDate", "jobsCreated", "capitalSecured", "femaleOpportunities"),
    ),
    "HAS_LEARNING_STATE": RelationshipShape(
        "Learner",
        "LearningState",
        ("sequence",),
        ("sequence", "validFrom", "validTo", "isCurrent", "reason", "dateUnknown"),
    ),
    "HAS_PROFESSIONAL_STATUS": RelationshipShape(
        "Learner",
        "ProfessionalStatus",
        ("sequence",),
        ("sequence", "validFrom", "validTo", "isCurrent", "details", "dateUnknown"),
    ),
    "IN_COUNTRY": RelationshipShape("City", "Country", (), ()),
}

LEARNING_STATES = ["Active", "Graduate", "Dropped Out", "Inactive"]
PROFESSIONAL_STATUSES = ["Unemployed", "Wage Employed", "Freelancer", "Entrepreneur", "Multiple"]


@dataclasses.dataclass
class Relationship:
    start: str
    end: str
    properties: Properties


@dataclasses.dataclass
class Reject:
    row: int  # ordinal in the table, from 0
    column: str
    place: int | None  # of the element in its array or list, from 0; None for the cell
    reason: str


class Graph:
    def __init__(self) -> None:
        self.nodes: dict[str, dict[str, Properties]] = {label: {} for label in NODE_SHAPES}
        self.relationships: dict[str, list[Relationship]] = {kind: [] for kind in RELATIONSHIP_SHAPES}
        self.rejects: list[Reject] = []
        self.counts: Counter = Counter()
        self.unknown_countries: dict[str, int] = defaultdict(int)

    def add_node(self, label: str, key: str, properties: Properties) -> None:
        key_name, names = NODE_SHAPES[label]
        assert set(properties) <= set(names) and key not in self.nodes[label]
        self.nodes[label][key] = {key_name: key, **present(properties)}

    def add_relationship(self, kind: str, start: str, end: str, properties: Properties) -> None:
        assert set(properties) <= set(RELATIONSHIP_SHAPES[kind].properties)
        self.relationships[kind].append(Relationship(start, end, present(properties)))

    def reject(self, row: int, column: str, place: int | None, reason: str) -> None:
        self.rejects.append(Reject(row, column, place, reason))


def present(properties: Properties) -> Properties:
    return {name: value for name, value in properties.items() if value is not None}
