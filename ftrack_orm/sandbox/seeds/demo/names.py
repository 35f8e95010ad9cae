"""Pure: the names and texts of the demo: its people, its productions, and its notes and comments."""

from __future__ import annotations

from typing import NamedTuple

#: First name, last name, department.
PEOPLE = (
    ("Ada", "Lindqvist", "Production"),
    ("Marcus", "Oyelaran", "Production"),
    ("Ingrid", "Solberg", "Production"),
    ("Tomás", "Herrera", "Animation"),
    ("Yuki", "Tanabe", "Animation"),
    ("Priya", "Raman", "Animation"),
    ("Elias", "Brandt", "Animation"),
    ("Noor", "Haddad", "Animation"),
    ("Samuel", "Okafor", "Lighting"),
    ("Claire", "Dubois", "Lighting"),
    ("Mateo", "Rinaldi", "Lighting"),
    ("Hanna", "Kowalska", "Lighting"),
    ("Jonas", "Weber", "Compositing"),
    ("Leila", "Farahani", "Compositing"),
    ("Owen", "Gallagher", "Compositing"),
    ("Mei", "Zhang", "Compositing"),
    ("Rasmus", "Holm", "Compositing"),
    ("Fatima", "Benali", "FX"),
    ("Viktor", "Petrov", "FX"),
    ("Amara", "Nwosu", "FX"),
    ("Lucas", "Moreau", "Layout"),
    ("Sofia", "Castellano", "Layout"),
    ("Daniel", "Novak", "Layout"),
    ("Grace", "Mensah", "Assets"),
    ("Henrik", "Dahl", "Assets"),
    ("Isla", "Fraser", "Assets"),
    ("Kenji", "Mori", "Assets"),
    ("Zoë", "Vermeulen", "Assets"),
    ("Arjun", "Mehta", "Editorial"),
    ("Beatriz", "Almeida", "Editorial"),
)

#: Department -> the task types of its people.
DEPARTMENTS = {
    "Production": ("Production", "Deliverable"),
    "Animation": ("Animation",),
    "Lighting": ("Lighting", "Rendering"),
    "Compositing": ("Compositing", "Rotoscoping", "Matte Painting"),
    "FX": ("FX",),
    "Layout": ("Layout", "Tracking", "Previz"),
    "Assets": ("Concept Art", "Modeling", "Rigging", "Texture", "Lookdev"),
    "Editorial": ("Editing", "Conform"),
}

SEQUENCE_TASKS = ("Previz", "Editing")
BUILD_TASKS = ("Concept Art", "Modeling", "Texture", "Rigging", "Lookdev")

#: Task type, rank; in the order of the pipeline. A shot with n tasks has those with the n lowest ranks.
SHOT_TASKS = (
    ("Tracking", 6), ("Rotoscoping", 7), ("Layout", 3), ("Matte Painting", 9), ("Animation", 0), ("FX", 4),
    ("Lighting", 1), ("Rendering", 5), ("Compositing", 2), ("Conform", 8),
)  # fmt: skip

#: Task type -> the type of the asset that is published from its tasks.
PUBLISHED_AS = {
    "Concept Art": "Concept", "Modeling": "Geometry", "Texture": "Texture", "Rigging": "Rig", "Lookdev": "Scene",
    "Previz": "Scene", "Layout": "Scene", "Editing": "Edit", "Tracking": "Camera", "Rotoscoping": "Image Sequence",
    "Matte Painting": "Image Sequence", "Animation": "Animation", "FX": "Cache", "Lighting": "Lighting Rig",
    "Rendering": "Render", "Compositing": "Composite", "Conform": "Edit",
}  # fmt: skip


class Production(NamedTuple):
    """A project of the demo: its weight in the distribution of tasks, and the first and last start day of tasks."""

    name: str
    full_name: str
    color: str
    project_schema: str
    weight: int
    start_days: tuple[int, int]
    has_episodes: bool


PRODUCTIONS = (
    Production("demo", "Demo", "#3498DB", "VFX", 5, (135, 178), False),
    Production("northern_lights", "Northern Lights", "#1ABC9C", "VFX", 3, (0, 90), False),
    Production("paper_tigers", "Paper Tigers", "#E67E22", "Animation", 2, (150, 178), True),
)

#: Name, type of asset build.
BUILDS = (
    ("astronaut", "Character"), ("fox", "Character"), ("captain", "Character"), ("robot", "Character"),
    ("librarian", "Character"), ("crowd_agent", "Character"), ("lantern", "Prop"), ("telescope", "Prop"),
    ("suitcase", "Prop"), ("teapot", "Prop"), ("compass", "Prop"), ("rover", "Vehicle"), ("airship", "Vehicle"),
    ("tram", "Vehicle"), ("harbour", "Environment"), ("ice_cave", "Environment"), ("rooftops", "Environment"),
    ("observatory", "Environment"), ("night_sky", "Matte Painting"), ("mountain_range", "Matte Painting"),
)  # fmt: skip

MILESTONES = ("Turnover", "First delivery", "Picture lock", "Final delivery")

SHOT_DESCRIPTIONS = (
    "Wide establishing, slow push in.",
    "Over the shoulder, hero turns to camera.",
    "Close-up on hands, rack focus to the background.",
    "Crane up over the rooftops at dusk.",
    "Handheld, fast pan with the vehicle.",
    "Locked-off plate, full CG background.",
    "Insert of the console, screens to be replaced.",
    "Two-shot, rain and atmosphere.",
)

NOTES = (
    "Please check the edges around the hair, there is some chatter.",
    "The timing of the turn feels a little late, try two frames earlier.",
    "Looks good. Publish it and move on to the next one.",
    "Can we bring the key light down by half a stop?",
    "The contact shadows are missing under the left foot.",
    "Client asks for more depth haze in the background.",
    "Camera has changed in the latest cut, please update.",
    "Grain does not match the plate yet.",
    "Motion blur on the fast pan is too strong.",
    "Colour of the jacket drifts between this shot and the next.",
)
REPLIES = ("Done in the next version.", "On it.", "Fixed, please have another look.", "Will do after lunch.", "Agreed.")
VERSION_COMMENTS = (
    "First pass.",
    "Addressed the notes from dailies.",
    "New camera.",
    "Cleaned up edges.",
    "For review.",
    "Updated to the latest layout.",
    "Final polish.",
)
TIMELOG_COMMENTS = ("", "", "Notes from dailies", "Setup", "Second pass", "Fixing renders", "Polish")
