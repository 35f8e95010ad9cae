"""The hierarchy of the demo's productions."""

from __future__ import annotations

import sqlalchemy as sa

from ftrack_orm.sandbox.tables import ENTITY_TYPE, Tables


def test_only_the_episodic_production_has_episodes_of_up_to_four_sequences(
    demo: sa.Connection, ftrack_tables: Tables
) -> None:
    context = ftrack_tables.table("Context")
    episode, sequence, project = context.alias(), context.alias(), context.alias()
    statement = (
        sa.select(project.c.name, episode.c.name, sa.func.count())
        .select_from(sequence)
        .join(episode, episode.c.id == sequence.c.parent_id)
        .join(project, project.c.id == sequence.c.project_id)
        .where(sequence.c[ENTITY_TYPE] == "Sequence", episode.c[ENTITY_TYPE] == "Episode")
        .group_by(episode.c.id)
    )
    rows = demo.execute(statement).all()
    assert {project_name for project_name, _, _ in rows} == {"paper_tigers"}
    assert sorted(name for _, name, _ in rows) == ["ep01", "ep02"]
    assert all(1 <= count <= 4 for _, _, count in rows)


def test_every_shot_of_the_demo_has_a_task_and_a_description(demo: sa.Connection, ftrack_tables: Tables) -> None:
    context = ftrack_tables.table("Context")
    shot, task = context.alias(), context.alias()
    lonely = (
        sa.select(shot.c.name)
        .where(shot.c[ENTITY_TYPE] == "Shot")
        .where(sa.or_(~sa.exists().where(task.c.parent_id == shot.c.id), shot.c.description.is_(None)))
    )
    assert demo.execute(lonely).all() == []
