#include <memory>

#include "cli/detail/command.h"
#include "cli/detail/graph_calls.h"

namespace gyre::cli::detail {
namespace {

core::Status DoGraph(Session& session, const GraphOptions& options) {
    if (options.action == "fixtures") return MakeFixtures(session, options);
    if (options.action == "backup") return BackUp(session, options);
    if (options.action == "restore") return RestoreGraph(session, options);
    return LoadFiles(session, options);
}

}  // namespace

void AddGraph(Commands& commands) {
    CLI::App& command = commands.Add(
        "graph", "Load files into the graph database, back it up, restore it",
        "load: files are CSV with Neptune's headers for Gremlin (~id, ~label, ~from, ~to, "
        "name:Type)\n"
        "or openCypher (:ID, :LABEL, :START_ID, :END_ID, :TYPE, name:type), or RDF: N-Triples "
        "(.nt),\n"
        "N-Quads (.nq), Turtle (.ttl), TriG (.trig), RDF/XML (.rdf, .owl); plain or .gz. Vertices "
        "are\n"
        "loaded before edges. Loading a file again changes nothing.\n"
        "fixtures: makes the graphs of TinkerPop's conformance suites (gmodern, gclassic, gcrew, "
        "gsink,\n"
        "ggrateful, ggraph, gtx) from its toy graphs' GraphSON files, or the folder they are in.\n"
        "backup, restore: a consistent copy of a graph and its RDF in S3, while others write.\n\n"
        "Examples:\n"
        "  gyre graph load people.csv knows.csv\n"
        "  gyre graph load *.csv.gz --continue          goes on after records that are wrong\n"
        "  gyre graph load people.ttl                   into what SPARQL asks\n"
        "  gyre graph load *.csv --resume               what the last try has not loaded\n"
        "  gyre graph fixtures tinkerpop-modern-v3.json grateful-dead-v3.json\n"
        "  gyre graph backup s3://backups/monday\n"
        "  gyre graph restore s3://backups/monday --graph copy");
    const auto options = std::make_shared<GraphOptions>();
    command.add_option("ACTION", options->action, "load, fixtures, backup or restore")
        ->required()
        ->check(CLI::IsMember({"load", "fixtures", "backup", "restore"}));
    command.add_option("WHAT", options->arguments, "Files to load, or s3://bucket/prefix")
        ->required();
    command.add_option("--bucket", options->bucket, "load: bucket to upload to [gyre-graph]")
        ->type_name("NAME");
    command.add_option("--format", options->format, "load: format of the files [as they are]")
        ->check(
            CLI::IsMember({"csv", "opencypher", "ntriples", "nquads", "turtle", "trig", "rdfxml"}));
    command.add_option("--graph", options->graph, "backup, restore: which graph [g]")
        ->type_name("NAME");
    command.add_flag("--continue", options->go_on, "load: go on after records that are wrong");
    command.add_flag("--resume", options->resume, "load: what an earlier load has left");
    command.add_flag("--replace", options->replace, "fixtures: begin those anew that are there");
    commands.AddConnection(command, options->connection);
    commands.Does(command,
                  [&session = commands.session, options] { return DoGraph(session, *options); });
}

}  // namespace gyre::cli::detail
