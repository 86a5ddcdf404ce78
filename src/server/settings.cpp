#include "server/settings.h"

#include <re2/re2.h>

#include "core/file_system.h"

namespace gyre::server {
namespace {

core::Status CheckForm(const core::Config& config, std::string_view key, const char* form,
                       const std::string& wanted) {
    const std::string value = config.GetString(key);
    if (RE2::FullMatch(value, form)) return {};
    return core::Fail(core::Code::kInvalidArgument,
                      "'" + std::string(key) + "' should be " + wanted + ", not '" + value + "'");
}

}  // namespace

core::Config MakeConfig() {
    using core::JsonArray;
    using core::JsonObject;
    return core::Config({
        {"listen", "127.0.0.1:8080", "Address and port to answer at; port 0 picks a free one."},
        {"region", "us-east-1", "The AWS region that ARNs and clients name."},
        {"account", "000000000000", "The twelve-digit account that owns everything here."},
        {"log.level", "info", "What goes to stderr: debug, info, warning or error."},
        {"http.domains", JsonArray{},
         "Host names of this server before which S3 clients may name a bucket: with gyre.example, "
         "http://bucket.gyre.example/key is a key of bucket."},
        {"http.threads", 1, "Threads that read requests and write answers.", 1},
        {"http.pool_threads", 16, "Threads for handlers that touch disk or database.", 1},
        {"http.pool_queue", 1024,
         "Requests that may wait for such a thread before 503 is answered.", 1},
        {"http.max_connections", 20'000, "Connections open at once; more are refused.", 1},
        {"http.head_timeout_s", 10, "Seconds a client has to send a request's head.", 1},
        {"http.idle_timeout_s", 75, "Seconds a connection may stay open between requests.", 1},
        {"http.body_timeout_s", 30, "Seconds without any progress of a body, either way.", 1},
        {"catalog.database", "",
         "A PostgreSQL that keeps the catalog, identities and queues, which several servers may "
         "share: a URI (postgresql://USER@HOST/NAME) or libpq's keywords. Empty: they are kept in "
         "DIR/gyre.db."},
        {"catalog.lease_s", 10,
         "Seconds without a sign of life of a server, after which the others take over what it "
         "drives.",
         1},
        {"kserve.open_on_loopback", true,
         "Whether KServe V2 (/v2) takes requests of this machine without a token."},
        {"kserve.token", "",
         "The token that all others show (Authorization: Bearer TOKEN); empty: the one in "
         "DIR/inference_token, which is made at the first start."},
        {"kserve.max_body_mb", 100, "Largest body of a KServe request, unpacked, in MiB.", 1},
        {"kserve.grpc_listen", "auto",
         "Address and port of KServe V2 over gRPC; auto: 127.0.0.1:8001 if it is free (any free "
         "port "
         "where listen has port 0); empty: none."},
        {"torchserve.model_store", "",
         "Folder of TorchServe's archives. Where this or torchserve.config is given, TorchServe's "
         "APIs are on the listener too: /predictions, /models and the others."},
        {"torchserve.config", "",
         "TorchServe's config.properties for them; its addresses do not count, but gRPC's do."},
        {"tls.mode", "both",
         "What the listener speaks: both (told by a connection's first byte), http or https."},
        {"tls.listen", "", "Another address and port, for https alone."},
        {"tls.certificate", "",
         "PEM file with a certificate of your own and its issuers; empty: one of Gyre's authority "
         "in "
         "DIR/tls."},
        {"tls.key", "", "PEM file with its key. Both are read again when they change."},
        {"tls.names", JsonArray{},
         "DNS names of this machine, beside its host name, for the certificate that Gyre issues."},
        {"tls.proxy", true,
         "Whether CONNECT to AWS's host names is answered, as `gyre env` has clients ask for."},
        {"jobs.runner", "local",
         "What runs model hosts: local (programs of this machine that end with the server) or "
         "slurm "
         "(jobs of a cluster, by srun; its nodes must have DIR and the programs at the same "
         "paths)."},
        {"jobs.slurm_arguments", JsonArray{},
         "Further arguments of srun, such as --partition=gpu or --cpus-per-task=4."},
        {"metrics.period_s", 10,
         "Seconds between two values of an endpoint's metrics (CloudWatch's AWS/SageMaker).", 1},
        {"metrics.max_mb", 1024, "MiB that metrics may take on the disk; the oldest go first.", 1},
        {"objects.url", "",
         "An S3 that keeps the objects in this server's place: https://HOST or http://HOST:PORT. "
         "Empty: they are kept here."},
        {"objects.authorities", "",
         "PEM file with whom to trust for that S3's certificate; empty: the system's."},
        {"objects.region", "us-east-1", "That S3's region."},
        {"objects.access_key_id", "", "As whom to ask it; empty: GYRE_S3_ACCESS_KEY_ID."},
        {"objects.secret_access_key", "", "And its secret; empty: GYRE_S3_SECRET_ACCESS_KEY."},
        {"graph.listen", "auto",
         "Address and port of the graph database alone; auto: 127.0.0.1:8182 if it is free (any "
         "free "
         "port where listen has port 0); empty: none. The main listener answers for it too."},
        {"graph.iam_auth", "remote",
         "Who must sign for neptune-db to ask the graph: on (everybody), off (nobody), or remote "
         "(all "
         "but clients on this machine)."},
        {"graph.passwords", false,
         "Whether a Gremlin WebSocket that must be signed may open unsigned and then authenticate "
         "by SASL PLAIN, with an access key's id and secret; only https keeps them secret."},
        {"graph.query_timeout_s", 120, "Seconds a query may run where it does not say itself.", 1},
        {"graph.max_held", 20'000'000, "Values that one query may gather at once.", 1},
        {"graph.query_memory_mb", 4096,
         "MiB that one query may hold at once, small blocks aside: texts, lists, tables.", 1},
        {"graph.threads", 8, "Queries that run at once.", 1},
        {"graph.cache_mb", 256, "MiB of a graph's unpacked blocks that are kept in memory."},
        {"graph.rest_after", 250'000,
         "Elements that have changed, before a quarter of changes is merged into what rests.", 1},
        {"graph.streams", false,
         "Whether each commit's changes of g are kept, for /propertygraph/stream and for replicas; "
         "nothing trims them."},
        {"graph.graphs", JsonObject{},
         "Graphs by the name of their traversal source, each {mode, fixture, default_graph, "
         "streams, replica_of, gremlin, null_properties}: mode is neptune or tinkergraph, fixture "
         "a GraphSON 3 file that an "
         "empty graph begins with, default_graph union (of all graphs, SPARQL's in Neptune) or "
         "exclusive (what was written without a graph), streams as above, replica_of the URL of "
         "another server's graph that this one follows, http://HOST:PORT of its g or "
         "http://HOST:PORT/graphs/NAME, gremlin as graph.gremlin, null_properties whether a "
         "property may be null instead of being removed by it (mode tinkergraph). There is always "
         "g."},
        {"graph.gremlin", "3.7",
         "Whose Gremlin graphs speak that do not say, where TinkerPop 3.7 and 3.8 contradict each "
         "other; what 3.8 only adds is there in both."},
        {"graph.max_lag_ms", 0,
         "Replicas that have not been as their original is for this long refuse reads; 0: they "
         "answer whatever their age."},
        {"graph.replica_access_key_id", "",
         "As whom replicas ask their originals; empty: GYRE_REPLICA_ACCESS_KEY_ID, or unsigned."},
        {"graph.replica_secret_access_key", "",
         "And its secret; empty: GYRE_REPLICA_SECRET_ACCESS_KEY."},
        {"graph.replica_authorities", "",
         "PEM file of the authorities that replicas trust for https; empty: the system's."},
        {"graph.remote_hosts", JsonArray{},
         "Servers that SPARQL's LOAD and SERVICE may ask over http and https, each HOST (its ports "
         "80 and 443), HOST:PORT, HOST:* or *.DOMAIN; no others. LOAD reads s3:// in any case, as "
         "its caller may."},
        {"graph.remote_private", false,
         "Whether names of that list may lead to addresses of private networks and of this "
         "machine; listed addresses and localhost may anyway."},
        {"graph.remote_authorities", "",
         "PEM file of the authorities that are trusted for those servers; empty: the system's."},
        {"graph.remote_max_mb", 256, "MiB that a LOAD or one answer to SERVICE may have, unpacked.",
         1},
        {"graph.fixtures", "",
         "Folder with TinkerPop's toy graphs in GraphSON 3, for its conformance suites: gmodern, "
         "gclassic, gcrew, gsink and ggrateful begin with them, ggraph and gtx are empty, all in "
         "TinkerGraph's rules. Empty: none."},
        {"serving.python", "",
         "The Python that runs model code; empty: GYRE_PYTHON, else python3 in PATH."},
        {"serving.threads", 0, "Compute threads of one model host; 0: the machine's cores."},
        {"serving.load_timeout_s", 1200, "Seconds a model may take to load before it has failed.",
         1},
        {"serving.max_model_gb", 64, "Largest unpacked model, in GiB.", 1},
        {"serving.images", JsonObject{},
         "Container images by URI (a trailing * matches any end), each a program, a list of "
         "program "
         "and arguments, or a directory with an executable `serve`."},
    });
}

core::Result<core::Config> LoadConfig(const std::string& file) {
    core::Config config = MakeConfig();
    if (file.empty()) return config;
    GYRE_ASSIGN(const std::string text, core::ReadFile(core::RealFileSystem(), file));
    GYRE_TRY(config.LoadToml(text, file));
    GYRE_TRY(CheckForm(config, "account", "[0-9]{12}", "twelve digits"));
    GYRE_TRY(CheckForm(config, "region", "[a-z0-9-]{1,64}", "a region's name, such as us-east-1"));
    return config;
}

}  // namespace gyre::server
