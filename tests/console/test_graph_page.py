"""The graph's page: a query in each language as a table, a drawing, JSON and a plan; schema and loads."""

import re

import pytest
import requests
from playwright.sync_api import expect

PEOPLE = ("g.addV('person').property(id, 'ann').property('name', 'Ann').as('a')"
          ".addV('person').property(id, 'bo').property('name', 'Bo').as('b')"
          ".addV('town').property(id, 'oslo').as('t')"
          ".addE('knows').from('a').to('b').addE('lives').from('b').to('t')")


@pytest.fixture(scope="module")
def people(site):
    answer = requests.post(site.url + "/gremlin", json={"gremlin": PEOPLE}, timeout=30)
    assert answer.ok, answer.text


@pytest.fixture
def graph(people, root):
    return root


def run(page, text: str, language: str = "Gremlin") -> None:
    page.get_by_label("Language").select_option(label=language)
    page.get_by_label("Query").fill(text)
    page.get_by_role("button", name="Run").click()


def test_a_query_is_answered_as_a_table(graph):
    page = graph.open("graph").page
    run(page, "g.V().hasLabel('person').order().by('name').valueMap('name')")
    table = page.get_by_role("grid", name="Results")
    expect(table).to_contain_text("Ann")
    expect(page.get_by_text("2 rows in")).to_be_visible()
    run(page, "MATCH (a)-[r:lives]->(t) RETURN a.name AS who, id(t) AS town", "openCypher")
    expect(table).to_contain_text("who")
    expect(table).to_contain_text("oslo")
    page.get_by_label("Query").fill("MATCH (n RETURN n")
    page.get_by_label("Query").press("Control+Enter")
    expect(page.get_by_role("alert").or_(page.locator(".problem"))).to_contain_text("line 1, column 10")
    page.get_by_label("Language").select_option(label="Gremlin")
    expect(page.get_by_label("Query")).to_have_value(re.compile("valueMap"))


def test_sparql_asks_the_rdf_beside_it(graph):
    page = graph.open("graph").page
    run(page, 'PREFIX : <http://e/> INSERT DATA { :ann :name "Ann" ; :age 34 }', "SPARQL")
    table = page.get_by_role("grid", name="Results")
    expect(table).to_contain_text("Commit")
    run(page, "SELECT ?who ?age { ?who <http://e/age> ?age }", "SPARQL")
    expect(table).to_contain_text("<http://e/ann>")
    expect(table).to_contain_text("34")
    run(page, 'CONSTRUCT { ?s <http://e/called> ?n } { ?s <http://e/name> ?n }', "SPARQL")
    expect(table).to_contain_text("predicate")
    expect(table).to_contain_text('"Ann"')
    run(page, "SELECT * { ?s ?p }", "SPARQL")
    expect(page.locator(".problem")).to_contain_text("line 1, column 18")


def test_results_are_drawn_with_the_edges_between_them(graph):
    page = graph.open("graph").page
    run(page, "g.V('ann', 'bo', 'oslo')")
    page.get_by_role("button", name="Graph", exact=True).click()
    drawing = page.get_by_role("img", name="A drawing of 3 nodes and 2 edges")
    expect(drawing).to_be_visible()
    expect(drawing.locator("canvas").first).to_be_visible()
    run(page, "MATCH p = (a)-[:knows]->(b) RETURN p", "openCypher")
    expect(page.get_by_role("img", name="A drawing of 2 nodes and 1 edge")).to_be_visible()
    run(page, "g.V().count()")
    expect(page.get_by_text("There is nothing to draw")).to_be_visible()
    page.get_by_role("button", name="JSON").click()
    expect(page.get_by_label("Answer")).to_contain_text("g:Int64")
    page.get_by_role("button", name="Table").click()


def test_the_schema_writes_queries(graph):
    page = graph.open("graph").page
    page.reload()
    schema = page.get_by_role("region", name="Schema")
    expect(schema).to_contain_text("person")
    schema.get_by_role("button", name="town").click()
    expect(page.get_by_label("Query")).to_have_value("g.V().hasLabel('town').limit(100)")
    expect(page.get_by_role("grid", name="Results")).to_contain_text("oslo")


def test_a_plan_is_drawn_as_a_tree(graph):
    page = graph.open("graph").page
    run(page, "g.V().repeat(out()).times(2).values('name').count()")
    page.get_by_role("button", name="Plan").click()
    plan = page.get_by_role("tree", name="Plan")
    expect(plan).to_contain_text("RepeatStep")
    expect(plan.get_by_role("tree")).to_contain_text("VertexStep")
    page.get_by_role("button", name="Carried out, with times").click()
    expect(plan.locator(".plan-share").first).to_be_visible()
    run(page, "MATCH (a)-->(b) RETURN b.name AS name ORDER BY name", "openCypher")
    expect(plan).to_contain_text("Match")
    expect(plan).to_contain_text("out")
    page.get_by_role("button", name="As text").click()
    expect(page.get_by_label("Plan")).to_contain_text("Units Out")
    page.get_by_role("button", name="Table").click()
