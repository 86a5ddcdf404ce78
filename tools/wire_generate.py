"""Writes the C++ tables of src/wire (see src/wire/detail/tables.h) out of the service models inside
the pinned botocore, for the operations that a list file names.

    wire_generate.py --operations src/wire/operations.txt --tables OUT.cpp
    wire_generate.py --operations src/wire/operations.txt --coverage docs/api/coverage.md

All other operations of a service are known by name and route only, so that they answer 501."""

import argparse
import collections
import json
import pathlib
import re

import botocore
import botocore.loaders

# The namespaces of IAM actions, where they are not the signing name.
PERMISSION_PREFIX = {"sagemaker-runtime": "sagemaker", "cloudwatch": "cloudwatch"}
PROTOCOLS = {"json": "kJson11", "rest-json": "kRestJson", "rest-xml": "kRestXml", "query": "kQuery",
             "smithy-rpc-v2-cbor": "kCbor"}
TYPES = {"structure": "kStructure", "list": "kList", "map": "kMap", "string": "kString",
         "character": "kString", "integer": "kInteger", "long": "kLong", "float": "kFloat",
         "double": "kDouble", "boolean": "kBoolean", "timestamp": "kTimestamp", "blob": "kBlob"}
LOCATIONS = {"uri": "kUri", "querystring": "kQuery", "header": "kHeader", "headers": "kHeaders",
             "statusCode": "kStatusCode"}
TIME_FORMATS = {"iso8601": "kIso8601", "rfc822": "kRfc822", "unixTimestamp": "kUnix"}
# Two operations of one method and path, told apart by a header that only one of them must have.
ROUTE_HEADERS = {"CopyObject": "x-amz-copy-source", "UploadPartCopy": "x-amz-copy-source"}
# Query members without which an operation is another one.
ROUTE_QUERIES = {"UploadPart": "uploadId", "UploadPartCopy": "uploadId", "ListParts": "uploadId",
                 "AbortMultipartUpload": "uploadId", "CompleteMultipartUpload": "uploadId",
                 "GetBucketAnalyticsConfiguration": "id", "GetBucketInventoryConfiguration": "id",
                 "GetBucketIntelligentTieringConfiguration": "id",
                 "GetBucketMetricsConfiguration": "id", "GetObjectAnnotation": "annotationName"}
RE2_MOST_REPEATS = 1000
# The elements around S3's answers, which its service model leaves out.
S3_OUTPUT_ROOTS = {"ListBuckets": "ListAllMyBucketsResult", "ListObjects": "ListBucketResult",
                   "ListObjectsV2": "ListBucketResult", "DeleteObjects": "DeleteResult",
                   "GetObjectTagging": "Tagging", "GetBucketTagging": "Tagging",
                   "ListObjectVersions": "ListVersionsResult",
                   "GetBucketVersioning": "VersioningConfiguration",
                   "GetBucketCors": "CORSConfiguration",
                   "GetBucketAcl": "AccessControlPolicy", "GetObjectAcl": "AccessControlPolicy",
                   "GetBucketNotificationConfiguration": "NotificationConfiguration",
                   "GetBucketRequestPayment": "RequestPaymentConfiguration",
                   "GetObjectAttributes": "GetObjectAttributesResponse",
                   "CreateMultipartUpload": "InitiateMultipartUploadResult"}


def read_operations(path: pathlib.Path) -> dict[str, list[str]]:
    """Operations by service, in the order of the list file."""
    wanted: dict[str, list[str]] = collections.OrderedDict()
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        words = line.split()
        if len(words) != 2:
            raise SystemExit(f"{path}:{number}: 'service Operation' is wanted")
        if words[1] in wanted.setdefault(words[0], []):
            raise SystemExit(f"{path}:{number}: {words[1]} stands twice")
        wanted[words[0]].append(words[1])
    return wanted


def text(value: str) -> str:
    """A C++ string literal; JSON's escapes are C++'s for what stands in service models."""
    return json.dumps(value) if value.isascii() else 'u8' + json.dumps(value, ensure_ascii=False)


def with_posix_classes(pattern: str, before: str = "", behind: str = "") -> str:
    """Java's names of character classes in POSIX's, which stand within brackets only."""
    for java, posix in (("Print", "print"), ("ASCII", "ascii"), ("Alnum", "alnum")):
        pattern = pattern.replace(rf"\p{{{java}}}", f"{before}[:{posix}:]{behind}")
    return pattern


def in_parts(repeat: re.Match) -> str:
    """x{0,1023}, of which RE2 takes no more than a thousand at once."""
    atom, least, most = repeat[1], int(repeat[2]), int(repeat[3])
    if most <= RE2_MOST_REPEATS:
        return repeat[0]
    return f"{atom}{{{least},{RE2_MOST_REPEATS}}}{atom}{{0,{most - RE2_MOST_REPEATS}}}"


def re2_pattern(pattern: str) -> str:
    """The pattern for RE2: no look-around (the rest of the pattern still holds), its own escapes."""
    pattern = re.sub(r"\(\?[=!<][^()]*(?:\([^()]*\)[^()]*)*\)", "", pattern)
    # What UTF-16 writes as pairs, in one.
    pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", r"\x{10000}-\x{10FFFF}")
    pattern = re.sub(r"\\u([0-9A-Fa-f]{4})", r"\\x{\1}", pattern)
    bracketed = r"\[(?:\\.|[^\]\\])*\]"
    pattern = re.sub(bracketed, lambda found: with_posix_classes(found.group()), pattern)
    pattern = with_posix_classes(pattern, "[", "]")
    pattern = re.sub(rf"({bracketed})\{{(\d+),(\d+)\}}", in_parts, pattern)
    return pattern.removeprefix("^").removesuffix("$")


class Service:
    """One service model, written as C++."""

    def __init__(self, name: str, model: dict, served: list[str]):
        self.name = name
        self.model = model
        self.served = served
        self.id = name.replace("-", "_")
        self.shapes: list[str] = []  # in the order they are written
        for operation in served:
            if operation not in model["operations"]:
                raise SystemExit(f"botocore {botocore.__version__} has no {name} {operation}")
            for part in ("input", "output"):
                self._collect(model["operations"][operation].get(part, {}).get("shape"))

    def _collect(self, name: str | None) -> None:
        if name is None or name in self.shapes:
            return
        self.shapes.append(name)
        shape = self.model["shapes"][name]
        for member in [*shape.get("members", {}).values(), shape.get("member"), shape.get("key"),
                       shape.get("value")]:
            if isinstance(member, dict):
                self._collect(member["shape"])

    def reference(self, name: str | None) -> str:
        return f"&k_{self.id}_{name}" if name else "&k_empty"

    def _member(self, name: str, member: dict, owner: dict) -> str:
        shape = self.model["shapes"][member["shape"]]
        fields = [f".name = {text(name)}",
                  f".wire_name = {text(member.get('locationName', name))}",
                  f".shape = {self.reference(member['shape'])}"]
        if "location" in member:
            fields.append(f".location = Location::{LOCATIONS[member['location']]}")
        if name in owner.get("required", []):
            fields.append(".required = true")
        if member.get("flattened") or shape.get("flattened"):
            fields.append(".flattened = true")
        if member.get("xmlAttribute"):
            fields.append(".attribute = true")
        if "timestampFormat" in member:
            fields.append(f".time_format = TimeFormat::{TIME_FORMATS[member['timestampFormat']]}")
        return "{" + ", ".join(fields) + "}"

    def _shape(self, name: str) -> list[str]:
        shape = self.model["shapes"][name]
        symbol = f"k_{self.id}_{name}"
        lines = []
        # S3 keeps the Expires header as it came, a date or not.
        as_text = self.name == "s3" and name in ("Expires", "ResponseExpires")
        kind = "string" if as_text else shape["type"]
        fields = [f".type = ShapeType::{TYPES[kind]}"]
        if shape.get("members"):
            lines.append(f"constexpr Member {symbol}_members[] = {{")
            lines += [f"    {self._member(key, member, shape)}," for key, member
                      in shape["members"].items()]
            lines.append("};")
            fields.append(f".members = {symbol}_members")
        if shape["type"] == "list":
            fields.append(f".value = {self.reference(shape['member']['shape'])}")
            if "locationName" in shape["member"]:
                fields.append(f".item_name = {text(shape['member']['locationName'])}")
        if shape["type"] == "map":
            fields.append(f".value = {self.reference(shape['value']['shape'])}")
            fields.append(f".key = {self.reference(shape['key']['shape'])}")
        if shape.get("flattened"):
            fields.append(".flattened = true")
        if "timestampFormat" in shape:
            fields.append(f".time_format = TimeFormat::{TIME_FORMATS[shape['timestampFormat']]}")
        for bound in ("min", "max"):
            if bound in shape:
                fields.append(f".has_{bound} = true")
        for bound in ("min", "max"):
            if bound in shape:
                fields.append(f".{bound} = {int(shape[bound])}")
        # Of a copy source the service decodes a slash that is percent-encoded before it looks.
        if "pattern" in shape and name != "CopySource":
            compiled = re2_pattern(shape["pattern"])
            fields.append(f".pattern = {text(compiled)}")
            if compiled != shape["pattern"]:
                fields.append(f".published_pattern = {text(shape['pattern'])}")
        if "enum" in shape:
            lines.append(f"constexpr std::string_view {symbol}_values[] = {{"
                         + ", ".join(map(text, shape["enum"])) + "};")
            fields.append(f".values = {symbol}_values")
        if "payload" in shape:
            fields.append(f".payload = {text(shape['payload'])}")
            if self.model["shapes"][shape["members"][shape["payload"]]["shape"]].get("streaming") \
                    or shape["members"][shape["payload"]].get("streaming"):
                fields.append(".streaming = true")
        lines.append(f"constexpr Shape {symbol} = {{{', '.join(fields)}}};")
        return lines

    def _ordered(self) -> list[str]:
        """Shapes so that each stands after what it refers to; a cycle is refused."""
        done: list[str] = []
        under_way: set[str] = set()

        def visit(name):
            if name in done:
                return
            if name in under_way:
                raise SystemExit(f"{self.name}: the shape {name} contains itself, which the tables "
                                 "cannot hold yet")
            under_way.add(name)
            shape = self.model["shapes"][name]
            for member in [*shape.get("members", {}).values(), shape.get("member"),
                           shape.get("key"), shape.get("value")]:
                if isinstance(member, dict):
                    visit(member["shape"])
            under_way.discard(name)
            done.append(name)

        for name in self.shapes:
            visit(name)
        return done

    def _operation(self, name: str) -> str:
        operation = self.model["operations"][name]
        path, _, query = operation["http"]["requestUri"].partition("?")
        query = "&".join(filter(None, [query, ROUTE_QUERIES.get(name, "")]))
        fields = [f".name = {text(name)}", f".method = {text(operation['http']['method'])}",
                  f".path = {text(path)}"]
        if query:
            fields.append(f".query = {text(query)}")
        if name in ROUTE_HEADERS:
            fields.append(f".header = {text(ROUTE_HEADERS[name])}")
        if name in self.served:
            fields.append(f".input = {self.reference(operation.get('input', {}).get('shape'))}")
            fields.append(f".output = {self.reference(operation.get('output', {}).get('shape'))}")
            wrapper = operation.get("output", {}).get("resultWrapper")
            if wrapper:
                fields.append(f".result_wrapper = {text(wrapper)}")
            root = operation.get("input", {}).get("locationName")
            if root:
                fields.append(f".input_root = {text(root)}")
            if self.name == "s3":
                fields.append(f".output_root = {text(S3_OUTPUT_ROOTS.get(name, name + 'Result'))}")
            if operation["http"].get("responseCode", 200) != 200:
                fields.append(f".status = {operation['http']['responseCode']}")
        return "    {" + ", ".join(fields) + "},"

    def tables(self) -> list[str]:
        lines = [f"// {self.name}"]
        for name in self._ordered():
            lines += self._shape(name)
        # A deprecated one of a newer one's method and path would take its place (GetBucketLifecycle).
        others = [name for name, operation in self.model["operations"].items()
                  if name not in self.served and not operation.get("deprecated")]
        lines.append(f"constexpr Operation k_{self.id}_operations[] = {{")
        lines += [self._operation(name) for name in [*self.served, *others]]
        lines.append("};")
        lines += self._errors()
        lines.append(f"constexpr OperationTable k_{self.id}_table = {{k_{self.id}_operations, "
                     f"k_{self.id}_errors}};")
        return lines + [""]

    def _errors(self) -> list[str]:
        rows = {}
        for name, shape in self.model["shapes"].items():
            if not shape.get("exception"):
                continue
            error = shape.get("error", {})
            numbers = [key for key, member in shape.get("members", {}).items()
                       if self.model["shapes"][member["shape"]]["type"] in ("integer", "long")]
            rows[error.get("code", name)] = (error.get("httpStatusCode", 400), " ".join(numbers),
                                             name)
        return [f"constexpr ErrorShape k_{self.id}_errors[] = {{{{}},"] + [
            f"    {{{text(code)}, {status}, {text(numbers)}, {text(name)}}},"
            for code, (status, numbers, name) in sorted(rows.items())] + ["};"]

    def rows(self) -> list[str]:
        """One for each protocol; what a body's own head does not tell apart comes first."""
        meta = self.model["metadata"]
        several = "awsQueryCompatible" in meta and len(meta.get("protocols", [])) > 1
        protocols = ["json", "query", "smithy-rpc-v2-cbor"] if several else [meta["protocol"]]
        return [self._row(protocol, several) for protocol in protocols]

    def _row(self, named: str, query_errors: bool) -> str:
        meta = self.model["metadata"]
        protocol = PROTOCOLS[named]
        if named == "json" and meta["jsonVersion"] == "1.0":
            protocol = "kJson10"
        signing = meta.get("signingName", meta["endpointPrefix"])
        namespace = meta.get("xmlNamespace", "")
        if self.name == "s3":
            namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
        return ("    {" + ", ".join([
            f".name = {text(self.name)}", f".signing_name = {text(signing)}",
            f".permission_prefix = {text(PERMISSION_PREFIX.get(self.name, signing))}",
            f".target_prefix = {text(meta.get('targetPrefix', ''))}",
            f".api_version = {text(meta['apiVersion'])}", f".xml_namespace = {text(namespace)}",
            f".protocol = Protocol::{protocol}",
            f".query_errors = {'true' if query_errors else 'false'}",
            f".operations = &k_{self.id}_table"]) + "},")


def load(wanted: dict[str, list[str]]) -> list[Service]:
    loader = botocore.loaders.Loader()
    return [Service(name, loader.load_service_model(name, "service-2"), operations)
            for name, operations in wanted.items()]


def tables(services: list[Service]) -> str:
    lines = [f"// Made by tools/wire_generate.py from botocore {botocore.__version__}; do not edit.",
             '#include "wire/detail/tables.h"', '#include "wire/protocol.h"', "",
             "namespace gyre::wire {", "namespace {", "",
             "constexpr Shape k_empty = {.type = ShapeType::kStructure};", ""]
    for service in services:
        lines += service.tables()
    lines.append("constexpr Service kServices[] = {")
    lines += [row for service in services for row in service.rows()]
    lines += ["};", "", "}  // namespace", "",
              "std::span<const Service> AllServices() { return kServices; }", "",
              "}  // namespace gyre::wire", ""]
    return "\n".join(lines)


def coverage(services: list[Service]) -> str:
    lines = ["# Coverage", "",
             "Made by `tools/wire_generate.py --coverage` from `src/wire/operations.txt` and the service "
             f"models of botocore {botocore.__version__}. Any other operation of these services answers "
             "501 with its name, in the service's own error shape.", "",
             "| service | served | of |", "|---|---|---|"]
    for service in services:
        lines.append(f"| {service.name} | {len(service.served)} | {len(service.model['operations'])} |")
    for service in services:
        lines += ["", f"## {service.name}", ""]
        lines += [f"- {name}" for name in service.served]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=pathlib.Path, required=True)
    parser.add_argument("--tables", type=pathlib.Path, help="the C++ file to write")
    parser.add_argument("--coverage", type=pathlib.Path, help="the Markdown page to write")
    options = parser.parse_args()
    services = load(read_operations(options.operations))
    if options.tables:
        options.tables.write_text(tables(services))
    if options.coverage:
        options.coverage.write_text(coverage(services))


if __name__ == "__main__":
    main()
