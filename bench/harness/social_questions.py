"""What is asked of the social network (social_network.py), of both graphs in one text of Cypher.

IS and IC are LDBC SNB's interactive short and complex reads, with what they ask of universities and
e-mail left out. Where the texts must differ is told by `translate` and by Question.kuzu: an element's
id is a property in Kuzu and id(n) here; openCypher's match never takes one relationship twice, so
both say what may not be the same; a shortest path is a kind of variable relationship in Kuzu. Where
Kuzu plans a pattern better in two MATCHes (IC3, IC8), both are asked so; labels on messages, which
are of two kinds, only make it slower."""

import dataclasses
import random
import re

from .social_network import COUNTRIES, DAY, DAYS, FIRST_DAY, Network


@dataclasses.dataclass
class Question:
    name: str
    text: str
    parameters: dict[str, str]  # how each is drawn (`draw`)
    kuzu: str = ""  # where it is another
    runs: int = 12  # with parameters of their own

    @property
    def promised(self) -> bool:
        """Whether graph patterns are what it is about. The others, scans and sums over all, are
        asked to see where we stand."""
        return not self.name.startswith(("scan:", "degrees:", "edges:"))


HOP = "-[:KNOWS]-(:Person)"
FRIENDS_OF_FRIENDS = ("MATCH (p:Person {id: $person})-[:KNOWS*1..2]-(f:Person) WHERE id(f) <> $person "
                      "WITH DISTINCT f ")

QUESTIONS = [
    Question("IS1 profile", "MATCH (p:Person {id: $person})-[:IS_LOCATED_IN]->(c:City) RETURN p.firstName, p.lastName, "
             "p.birthday, p.locationIP, p.browserUsed, id(c), p.gender, p.creationDate", {"person": "person"}),
    Question("IS2 recent messages", "MATCH (:Person {id: $person})<-[:HAS_CREATOR]-(m) WITH m, m.creationDate AS date, "
             "id(m) AS mid ORDER BY date DESC, mid ASC LIMIT 10 "
             "MATCH (m)-[:REPLY_OF*0..20]->(post:Post)-[:HAS_CREATOR]->(a:Person) "
             "RETURN mid, m.content, date, id(post), id(a), a.firstName, a.lastName ORDER BY date DESC, mid ASC",
             {"person": "person"}),
    Question("IS3 friends", "MATCH (:Person {id: $person})-[r:KNOWS]-(f:Person) RETURN id(f) AS fid, f.firstName, "
             "f.lastName, r.creationDate AS since ORDER BY since DESC, fid ASC", {"person": "person"}),
    Question("IS4 message", "MATCH (m:Comment {id: $comment}) RETURN m.creationDate, m.content",
             {"comment": "comment"}),
    Question("IS5 author", "MATCH (m:Comment {id: $comment})-[:HAS_CREATOR]->(a:Person) "
             "RETURN id(a), a.firstName, a.lastName", {"comment": "comment"}),
    Question("IS6 forum", "MATCH (m:Comment {id: $comment})-[:REPLY_OF*0..20]->(p:Post)<-[:CONTAINER_OF]-(f:Forum)"
             "-[:HAS_MODERATOR]->(a:Person) RETURN id(f), f.title, id(a), a.firstName, a.lastName",
             {"comment": "comment"}),
    Question("IS7 replies", "MATCH (m:Post {id: $post})<-[:REPLY_OF]-(c:Comment)-[:HAS_CREATOR]->(a:Person) "
             "OPTIONAL MATCH (m)-[:HAS_CREATOR]->(b:Person)-[r:KNOWS]-(a) "
             "RETURN id(c) AS cid, c.content, c.creationDate AS date, id(a) AS aid, a.firstName, a.lastName, "
             "r.creationDate IS NOT NULL ORDER BY date DESC, aid ASC, cid ASC", {"post": "post"}),
    Question("IC1 friends by name", "MATCH path = shortestPath((p:Person {id: $person})-[:KNOWS*1..3]-"
             "(f:Person {firstName: $name})) WHERE id(f) <> $person WITH f, length(path) AS distance "
             "ORDER BY distance ASC, f.lastName ASC, id(f) ASC LIMIT 20 MATCH (f)-[:IS_LOCATED_IN]->(c:City) "
             "RETURN id(f), f.lastName AS surname, distance, f.birthday, f.creationDate, c.name "
             "ORDER BY distance ASC, surname ASC, id(f) ASC", {"person": "person", "name": "name"},
             kuzu="MATCH (p:Person {id: $person})-[e:KNOWS* SHORTEST 1..3]-(f:Person {firstName: $name}) "
             "WHERE f.id <> $person WITH f, length(e) AS distance "
             "ORDER BY distance ASC, f.lastName ASC, f.id ASC LIMIT 20 MATCH (f)-[:IS_LOCATED_IN]->(c:City) "
             "RETURN f.id, f.lastName AS surname, distance, f.birthday, f.creationDate, c.name "
             "ORDER BY distance ASC, surname ASC, f.id ASC"),
    Question("IC2 friends' messages", "MATCH (:Person {id: $person})-[:KNOWS]-(f:Person)<-[:HAS_CREATOR]-(m) "
             "WHERE m.creationDate <= $date RETURN id(f), f.firstName, f.lastName, id(m) AS mid, m.content, "
             "m.creationDate AS date ORDER BY date DESC, mid ASC LIMIT 20", {"person": "person", "date": "date"}),
    Question("IC3 in two countries", FRIENDS_OF_FRIENDS +
             "MATCH (f)-[:IS_LOCATED_IN]->(:City)"
             "-[:IS_PART_OF]->(home:Country) WHERE home.name <> $x AND home.name <> $y "
             "MATCH (f)<-[:HAS_CREATOR]-(m) WHERE m.creationDate >= $from AND m.creationDate < $to WITH f, m "
             "MATCH (m)-[:IS_LOCATED_IN]->(c:Country) WHERE c.name = $x OR c.name = $y WITH f, "
             "sum(CASE WHEN c.name = $x THEN 1 ELSE 0 END) AS xs, sum(CASE WHEN c.name = $y THEN 1 ELSE 0 END) AS ys "
             "WHERE xs > 0 AND ys > 0 RETURN id(f) AS fid, f.firstName, f.lastName, xs, ys, xs + ys AS total "
             "ORDER BY total DESC, fid ASC LIMIT 20",
             {"person": "person", "x": "country", "y": "country", "from": "early", "to": "late"}),
    Question("IC4 new topics", "MATCH (:Person {id: $person})-[:KNOWS]-(f:Person)<-[:HAS_CREATOR]-(m:Post)-[:HAS_TAG]->"
             "(t:Tag) WITH t, sum(CASE WHEN m.creationDate >= $from AND m.creationDate < $to "
             "THEN 1 ELSE 0 END) AS now, "
             "sum(CASE WHEN m.creationDate < $from THEN 1 ELSE 0 END) AS before WHERE now > 0 AND before = 0 "
             "RETURN t.name AS name, now ORDER BY now DESC, name ASC LIMIT 10",
             {"person": "person", "from": "early", "to": "late"}),
    Question("IC5 new groups", FRIENDS_OF_FRIENDS +
             "MATCH (f)<-[h:HAS_MEMBER]-(forum:Forum) WHERE h.joinDate > $date "
             "OPTIONAL MATCH (forum)-[:CONTAINER_OF]->(m:Post)-[:HAS_CREATOR]->(f) "
             "WITH forum, count(m) AS posts RETURN id(forum) AS gid, forum.title, posts "
             "ORDER BY posts DESC, gid ASC LIMIT 20",
             {"person": "person", "date": "late"}),
    Question("IC6 tags together", FRIENDS_OF_FRIENDS +
             "MATCH (f)<-[:HAS_CREATOR]-(m:Post)-[:HAS_TAG]->(:Tag {name: $tag}) MATCH (m)-[:HAS_TAG]->(t:Tag) "
             "WHERE t.name <> $tag RETURN t.name AS name, count(m) AS posts ORDER BY posts DESC, name ASC LIMIT 10",
             {"person": "person", "tag": "tag"}),
    Question("IC7 recent likes", "MATCH (:Person {id: $person})<-[:HAS_CREATOR]-(m)<-[l:LIKES]-(a:Person) "
             "WITH a, max(l.creationDate) AS date RETURN id(a) AS aid, a.firstName, a.lastName, date "
             "ORDER BY date DESC, aid ASC LIMIT 20", {"person": "person"}),
    Question("IC8 recent replies", "MATCH (:Person {id: $person})<-[:HAS_CREATOR]-(m) WITH m "
             "MATCH (m)<-[:REPLY_OF]-(c:Comment)-[:HAS_CREATOR]->(a:Person) "
             "RETURN id(a), a.firstName, a.lastName, c.creationDate AS date, id(c) AS cid, "
             "c.content ORDER BY date DESC, cid ASC LIMIT 20", {"person": "person"}),
    Question("IC9 messages of two hops", FRIENDS_OF_FRIENDS +
             "MATCH (f)<-[:HAS_CREATOR]-(m) WHERE m.creationDate < $date RETURN id(f), f.firstName, f.lastName, "
             "id(m) AS mid, m.content, m.creationDate AS date ORDER BY date DESC, mid ASC LIMIT 20",
             {"person": "person", "date": "date"}),
    Question("IC11 job referral", FRIENDS_OF_FRIENDS +
             "MATCH (f)-[w:WORK_AT]->(firm:Company)-[:IS_LOCATED_IN]->(:Country {name: $x}) WHERE w.workFrom < 2005 "
             "RETURN id(f) AS fid, f.firstName, f.lastName, firm.name AS name, w.workFrom AS since "
             "ORDER BY since ASC, fid ASC, name DESC LIMIT 10", {"person": "person", "x": "country"}),
    Question("IC12 experts", "MATCH (:Person {id: $person})-[:KNOWS]-(f:Person)<-[:HAS_CREATOR]-(c:Comment)"
             "-[:REPLY_OF]->"
             "(:Post)-[:HAS_TAG]->(t:Tag)-[:HAS_TYPE]->(:TagClass {name: $class}) "
             "RETURN id(f) AS fid, f.firstName, f.lastName, count(DISTINCT id(c)) AS replies "
             "ORDER BY replies DESC, fid ASC LIMIT 20", {"person": "person", "class": "class"}),
    Question("IC13 shortest path", "MATCH path = shortestPath((a:Person {id: $person})-[:KNOWS*]-"
             "(b:Person {id: $other})) "
             "RETURN length(path)", {"person": "person", "other": "person"},
             kuzu="MATCH (a:Person {id: $person})-[e:KNOWS* SHORTEST 1..30]-(b:Person {id: $other}) RETURN length(e)"),
    Question("1 hop, counted", f"MATCH (p:Person {{id: $person}}){HOP} RETURN count(*)", {"person": "person"}),
    Question("2 hops, counted", "MATCH (p:Person {id: $person})-[a:KNOWS]-(:Person)-[b:KNOWS]-(q:Person) "
             "WHERE id(q) <> $person "
             "RETURN count(*)", {"person": "person"}),
    Question("3 hops out, counted", "MATCH (p:Person {id: $person})-[:KNOWS]->(:Person)"
             "-[:KNOWS]->(:Person)-[:KNOWS]->(:Person) "
             "RETURN count(*)", {"person": "person"}),
    Question("supernode, counted", "MATCH (:Country {id: 'land0'})<-[:IS_LOCATED_IN]-() RETURN count(*)", {}),
    Question("triangles of one", "MATCH (a:Person {id: $person})-[:KNOWS]-(b:Person)-[:KNOWS]-(c:Person)-[:KNOWS]-(a) "
             "WHERE id(b) < id(c) RETURN count(*)", {"person": "person"}),
    Question("scan: an average", "MATCH (m:Comment) RETURN avg(m.length), max(m.length)", {}),
    Question("scan: a range, counted", "MATCH (m:Comment) WHERE m.creationDate >= $from AND m.creationDate < $to "
             "RETURN count(*)", {"from": "early", "to": "late"}),
    Question("scan: an average in a range", "MATCH (m:Comment) WHERE m.creationDate < $date AND m.length > 100 "
             "RETURN avg(m.length)", {"date": "date"}),
    Question("scan: how many of each", "MATCH (m:Comment) RETURN m.length AS length, count(*) AS n "
             "ORDER BY n DESC, length ASC LIMIT 10", {}),
    Question("scan: by a text", "MATCH (p:Person) RETURN p.browserUsed AS browser, count(*), avg(p.birthday) "
             "ORDER BY browser ASC", {}),
    Question("scan: distinct values", "MATCH (m:Comment) RETURN count(DISTINCT m.length)", {}),
    Question("scan: texts that contain", "MATCH (m:Comment) WHERE m.content CONTAINS 'water' RETURN count(*)", {}),
    Question("scan: the latest ten", "MATCH (m:Comment) RETURN id(m) AS mid, m.creationDate AS date "
             "ORDER BY date DESC, mid ASC LIMIT 10", {}),
    Question("degrees: most liked", "MATCH (m:Comment)<-[:LIKES]-() RETURN id(m) AS mid, count(*) AS n "
             "ORDER BY n DESC, mid ASC LIMIT 10", {}),
    Question("degrees: most messages", "MATCH (p:Person)<-[:HAS_CREATOR]-(m) RETURN id(p) AS pid, count(m) AS n "
             "ORDER BY n DESC, pid ASC LIMIT 10", {}),
    Question("degrees: by country", "MATCH (m:Comment)-[:IS_LOCATED_IN]->(c:Country) RETURN c.name AS name, "
             "count(*) AS n ORDER BY n DESC, name ASC LIMIT 10", {}),
    Question("edges of a type, counted", "MATCH ()-[r:LIKES]->() RETURN count(r)", {}),
    Question("edges: the first and the last", "MATCH ()-[r:LIKES]->() RETURN min(r.creationDate), "
             "max(r.creationDate)", {}),
    Question("edges: a range, counted", "MATCH ()-[r:LIKES]->() WHERE r.creationDate >= $from AND r.creationDate < $to "
             "RETURN count(*)", {"from": "early", "to": "late"}),
    Question("edges: a sum in a range", "MATCH ()-[r:KNOWS]->() WHERE r.creationDate < $date "
             "RETURN sum(r.creationDate)", {"date": "date"}),
    Question("triangles", "MATCH (a:Person)-[:KNOWS]->(b:Person)-[:KNOWS]->(c:Person), "
             "(a)-[:KNOWS]->(c) RETURN count(*)",
             {}, runs=1),
]
# Whose answers do not grow with the network.
CONSTANT = ("IS1 profile", "IS4 message", "IS5 author", "IS6 forum", "supernode, counted")


def translate(question: Question, ours: bool) -> str:
    if ours:
        return re.sub(r"\{id: ([^}]+)\}", r"{`~id`: \1}", question.text)
    return question.kuzu or re.sub(r"\bid\((\w+)\)", r"\1.id", question.text)


def draw(chance: random.Random, kind: str, network: Network):
    first, last = FIRST_DAY, FIRST_DAY + DAYS * DAY
    match kind:
        case "person":
            return f"p{chance.randrange(network.people)}"
        case "post":
            return f"post{chance.randrange(network.posts)}"
        case "comment":
            return f"comment{chance.randrange(network.comments)}"
        case "name":
            return chance.choice(("Anan", "Belanna", "Coranna", "Danan"))
        case "country":
            return f"Country{chance.randrange(COUNTRIES // 5)}"
        case "tag":
            return f"Tag{chance.randrange(20)}"
        case "class":
            return f"Class{chance.randrange(10)}"
        case "date":
            return first + (last - first) * chance.randrange(50, 100) // 100
        case "early":
            return first + (last - first) * chance.randrange(40, 60) // 100
        case "late":
            return first + (last - first) * chance.randrange(75, 90) // 100
    raise ValueError(kind)


def parameters(question: Question, network: Network, seed: int = 5) -> list[dict]:
    """Those of each run; fewer where the network is large, since Kuzu takes seconds for some."""
    chance = random.Random(seed)
    runs = min(question.runs, 12 if network.people < 5000 else 4)
    return [{name: draw(chance, kind, network) for name, kind in question.parameters.items()}
            for _ in range(runs)]
