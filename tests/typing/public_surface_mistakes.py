"""Mistakes with the public names, each of which mypy and pyright find; nothing runs this file.

The comments name the finding of each checker. Both report a comment whose line has no such finding, so that each
mistake is proved to be found. `test_checkers.py` runs pyright, and mypy checks it together with all tests.
"""

from __future__ import annotations

from typing import Any

from ftrack_orm import CriterionExpression, Entity, Query, Session, and_, attr, not_, or_, select


class Task(Entity):
    """A class in the place of one of a studio package."""


class Shot(Entity):
    """Another one."""


def wrong_clauses(query: Query[Task], criterion: CriterionExpression) -> None:
    query.where(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.where(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.where(Task)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.where(attr("name"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.where([criterion])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.where(attr("name") is None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportUnnecessaryComparison]
    query.where(attr("id").count() > 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.having(attr("id"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.select(criterion)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.select(["name", "bid"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.select(count=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.order_by(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.order_by(criterion)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.order_by(["name"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.group_by(attr("name").desc())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.group_by(attr("id").count())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.limit("5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.offset(2.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.fetching("all")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.prefer("disk")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.search(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.search("anim", context=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.filter(name="anim")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]


def wrong_results(query: Query[Task]) -> None:
    shot: Shot = query.one()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    task: Task = query.first()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    tasks: list[Shot] = query.all()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    other: Query[Shot] = query.limit(5)  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    rows: list[dict[str, Any]] = query.rows("name")  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    query.rows(3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    query.to_parquet("file", 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.rows("name", as_="list")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    query["name"]  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    len(query)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.update("name")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.walk("x")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    query.walk(after=2.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    print(shot, task, tasks, other, rows)


def wrong_expressions(criterion: CriterionExpression) -> None:
    attr(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    attr("name").in_(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    attr("name").like(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    attr("end_date").before(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    attr("children").any(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    attr("parent").has(attr("name"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    _ = attr("bid") + 1  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]
    _ = attr("name") & criterion  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]
    _ = ~attr("is_active")  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]
    _ = criterion & True  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]
    _ = criterion | "name is x"  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]
    _ = "name is x" & criterion  # type: ignore[operator]  # pyright: ignore[reportOperatorIssue, reportUnknownVariableType]
    and_(criterion, "name is x")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    or_(attr("name"), criterion)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    not_(attr("is_active"))  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    list(criterion)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
    select(3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]


def wrong_calls(session: Session, task: Task) -> None:
    session.query(3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    session.query(task)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    session.get(Task, 2.5)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    session.populate(task, 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.populate("Task", "name")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.refresh([task], ["name"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.delete([task])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.commit(on_conflict="ask")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.on_change(Task, print, where=3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    session.fetching("all")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    session.auto_populate = False  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
