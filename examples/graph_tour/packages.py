"""Debian's own package graph, out of the lists that apt has after `apt-get update`, as files for the bulk loader:
CSV for the property graph, N-Triples for the RDF beside it."""

import csv
import gzip
import io
import re
import subprocess
import urllib.parse

RELATIONS = {"Depends": "depends", "Pre-Depends": "depends", "Recommends": "recommends", "Suggests": "suggests"}
NAME = re.compile(r"^[a-z0-9][a-z0-9+.-]+")
TERMS = "http://debian.example/"  # of the RDF: kinds and relations below it, things below KIND/


def available() -> str:
    """What apt knows of every package."""
    return subprocess.run(["apt-cache", "dumpavail"], check=True, capture_output=True, text=True,
                          errors="replace").stdout


def stanzas(listed: str):
    """Each package's fields."""
    for text in listed.split("\n\n"):
        fields, name = {}, None
        for line in text.splitlines():
            if line[:1] in " \t":
                if name:
                    fields[name] += line
            elif ":" in line:
                name, value = line.split(":", 1)
                fields[name] = value.strip()
        if "Package" in fields:
            yield fields


def names(field: str):
    """The packages of a relation: "a (>= 1) | b, c:any" names a, b and c."""
    for one in re.split(r"[,|]", field):
        if found := NAME.match(one.strip()):
            yield found.group()


def names_of_tags(field: str):
    return (tag for tag in re.split(r"[,\s]+", field) if "::" in tag and "{" not in tag)


def iri(key: str) -> str:
    """Of a key such as "package:git"."""
    kind, name = key.split(":", 1)
    return f"<{TERMS}{kind}/{urllib.parse.quote(name, safe='')}>"


class File:
    """A file in the making."""

    def __init__(self):
        self.text = io.StringIO()
        self.rows = 0

    def packed(self) -> bytes:
        return gzip.compress(self.text.getvalue().encode(), compresslevel=1)


class Table(File):
    """CSV."""

    def __init__(self, *header: str):
        super().__init__()
        self.writer = csv.writer(self.text, lineterminator="\n")
        self.writer.writerow(header)

    def add(self, *fields) -> None:
        self.writer.writerow(fields)
        self.rows += 1


class Triples(File):
    """N-Triples, of TERMS' words."""

    def add(self, subject: str, predicate: str, value: str) -> None:
        self.text.write(f"{subject} {predicate} {value} .\n")
        self.rows += 1

    def link(self, start: str, label: str, end: str) -> None:
        self.add(iri(start), f"<{TERMS}{label}>", iri(end))

    def thing(self, key: str, name: str) -> None:
        self.add(iri(key), "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>", f"<{TERMS}{key.split(':')[0]}>")
        text = name.replace("\\", "\\\\").replace('"', '\\"')
        self.add(iri(key), f"<{TERMS}name>", f'"{text}"')


def build(listed: str) -> dict[str, File]:
    """Files by name: packages, sections, maintainers and tags, and the edges between them, twice."""
    packages = {fields["Package"]: fields for fields in stanzas(listed)}
    nodes = Table("~id", "~label", "name:String(single)", "size_kb:Int(single)", "version:String(single)",
                  "summary:String(single)")
    edges = Table("~from", "~to", "~label")
    triples = Triples()
    seen, drawn = set(), set()

    def node(kind: str, name: str, *more) -> str:
        key = f"{kind}:{name}"
        if key not in seen:
            seen.add(key)
            nodes.add(key, kind, name, *more)
            triples.thing(key, name)
        return key

    def edge(start: str, end: str, label: str) -> None:
        if (start, end, label) not in drawn:
            drawn.add((start, end, label))
            edges.add(start, end, label)
            triples.link(start, label, end)

    for name, fields in packages.items():
        size = fields.get("Installed-Size", "")
        node("package", name, size if size.isdigit() else "", fields.get("Version", ""),
             fields.get("Description", "")[:200])
    for name, fields in packages.items():
        key = f"package:{name}"
        edge(key, node("section", fields.get("Section", "none")), "in_section")
        maintainer = fields.get("Maintainer", "nobody").split(" <")[0].strip('" ')
        edge(key, node("maintainer", maintainer or "nobody"), "maintained_by")
        for tag in names_of_tags(fields.get("Tag", "")):
            edge(key, node("tag", tag), "tagged")
        for provided in names(fields.get("Provides", "")):
            edge(key, node("virtual" if provided not in packages else "package", provided), "provides")
    for name, fields in packages.items():
        for field, label in RELATIONS.items():
            for other in names(fields.get(field, "")):
                kind = "package" if other in packages else "virtual"
                edge(f"package:{name}", node(kind, other), label)
    return {"csv/nodes.csv.gz": nodes, "csv/edges.csv.gz": edges, "rdf/packages.nt.gz": triples}
