"""Pictures of schemas as SVG."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from ftrack_orm.sandbox import datamodel
from ftrack_orm.schema.drawing import draw
from ftrack_orm.schema.model import Schema
from ftrack_orm.schema.svg import svg
from tests.schema.small_schema import small_schema

NAMESPACE = "{http://www.w3.org/2000/svg}"


def picture(schema: Schema, *around: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg(draw(schema, around), "A <small> schema & more"))


def test_types_are_boxes_and_relations_are_lines_with_links() -> None:
    root = picture(Schema.from_response(small_schema()))
    assert root.findtext(f"{NAMESPACE}title") == "A <small> schema & more"
    groups = {each.get("id"): each for each in root.iter(f"{NAMESPACE}g") if each.get("id")}
    assert sorted(map(str, groups)) == ["Context", "Metadata", "Project", "Shot", "Status", "Task", "TypedContext"]
    links = [(each.get("href"), each[0].text) for each in groups["TypedContext"].iter(f"{NAMESPACE}a")]
    assert links == [("#Metadata", "metadata \u2192 Metadata *"), ("#Status", "status \u2192 Status")]
    (lines,) = (each for each in root.iter(f"{NAMESPACE}g") if each.get("class") == "from-TypedContext")
    # One for each relation, and a dashed one for the base.
    assert [each.get("class") for each in lines] == ["base", None, None]


def test_names_of_servers_are_escaped() -> None:
    answer = small_schema()
    next(each for each in answer if each["id"] == "Metadata")["id"] = 'Odd"<Type>&'
    for each in answer:
        if "metadata" in each["properties"]:
            each["properties"]["metadata"]["items"]["$ref"] = 'Odd"<Type>&'
    root = picture(Schema.from_response(answer))
    assert 'Odd"<Type>&' in [each.get("id") for each in root.iter(f"{NAMESPACE}g")]
    assert "Odd" not in str(root.findtext(f"{NAMESPACE}style"))


def test_each_process_writes_the_same_bytes() -> None:
    program = (
        "import sys; from ftrack_orm.schema.drawing import draw; from ftrack_orm.schema.svg import svg;"
        "from ftrack_orm.schema.model import Schema; from tests.schema.small_schema import small_schema;"
        "sys.stdout.write(svg(draw(Schema.from_response(small_schema())), 'x'))"
    )
    root = Path(__file__).parents[2]
    # Sets of texts have another order in each process, by default and with each seed.
    variables = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, cwd=root, env=variables)
    assert ran.stdout.decode() == svg(draw(Schema.from_response(small_schema())), "x")


def test_the_picture_of_the_page_about_schemas_is_the_one_that_its_example_draws() -> None:
    schema = Schema.from_response(list(datamodel.load().schemas))
    drawn = svg(draw(schema, ["Task"]), "The types around tasks")
    page = Path(__file__).parents[2] / "docs/howto/explore-the-schema/task.svg"
    assert page.read_text(encoding="utf-8") == drawn
