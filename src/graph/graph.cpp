#include "graph/graph.h"

#include <atomic>

#include "core/worker_pool.h"
#include "graph/backup/backups.h"
#include "graph/door/backup_pages.h"
#include "graph/door/bolt_socket.h"
#include "graph/door/cluster_actions.h"
#include "graph/door/cypher_http.h"
#include "graph/door/explain_pages.h"
#include "graph/door/graph_store_http.h"
#include "graph/door/graphs_page.h"
#include "graph/door/gremlin_http.h"
#include "graph/door/gremlin_socket.h"
#include "graph/door/loader_pages.h"
#include "graph/door/neptune_error.h"
#include "graph/door/procedures_page.h"
#include "graph/door/sparql_http.h"
#include "graph/door/statistics_pages.h"
#include "graph/door/status_pages.h"
#include "graph/door/storage_pages.h"
#include "graph/door/stream_page.h"
#include "graph/door/system_page.h"
#include "graph/exec/within_memory.h"
#include "graph/load/loader.h"
#include "graph/remote/caller_outside.h"
#include "graph/replica/follower.h"
#include "net/websocket.h"

namespace gyre::graph {
namespace {

constexpr size_t kMaxBody = size_t{10} << 20;
constexpr size_t kSpareThreads = 64;  // in the place of those that wait for their turn to write
constexpr size_t kWriterThreads = 4;  // as many graphs have a transaction at work that writes

std::string_view Path(const net::RequestHead& head) {
    std::string_view path = head.path;
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

bool SignedForGraph(const net::RequestHead& head) {
    const std::string_view authorization = head.headers.Get("Authorization");
    return authorization.find("/neptune-db/aws4_request") != std::string_view::npos;
}

/// The language whose queries' status a path asks for.
std::optional<door::QueryLanguage> StatusAsked(std::string_view path) {
    using Language = door::QueryLanguage;
    static constexpr std::pair<std::string_view, Language> kPages[] = {
        {"/gremlin/status", Language::kGremlin},
        {"/openCypher/status", Language::kCypher},
        {"/opencypher/status", Language::kCypher},
        {"/sparql/status", Language::kSparql}};
    for (const auto& [page, language] : kPages) {
        const bool below = path.starts_with(page) && path.substr(page.size()).starts_with('/');
        if (path == page || below) return language;
    }
    return std::nullopt;
}

class Server final : public Graph {
  public:
    Server(GraphOptions options, std::unique_ptr<Graphs> graphs,
           std::unique_ptr<door::ProceduresPage> procedures, std::unique_ptr<load::Loader> loader)
        : options_(std::move(options)),
          graphs_(std::move(graphs)),
          procedures_(std::move(procedures)),
          log_(*options_.clock),
          authoriser_({.mode = options_.iam_auth,
                       .passwords = options_.passwords,
                       .credentials = options_.credentials,
                       .policies = options_.policies,
                       .clock = options_.clock,
                       .region = options_.region,
                       .resource = "arn:aws:neptune-db:" + options_.region + ":" +
                                   options_.account + ":cluster-gyre/database"}),
          started_(options_.clock->WallNow()),
          outside_{.hosts = options_.remote_hosts,
                   .authorities = options_.remote_authorities,
                   .max_bytes = options_.remote_max_bytes,
                   .objects = options_.objects},
          service_{.graphs = graphs_.get(),
                   .procedures = &procedures_->Known(),
                   .log = &log_,
                   .clock = options_.clock,
                   .timeout = options_.query_timeout,
                   .max_held = options_.max_held,
                   .max_bytes = options_.max_bytes,
                   .files = options_.files,
                   .outside = &outside_},
          graphs_page_(*graphs_, *options_.clock, options_.query_timeout, options_.files,
                       options_.gremlin),
          pool_("graph", options_.threads, options_.queue, kSpareThreads),
          status_pool_("graph-status", 1, options_.queue),
          writers_("graph-write", kWriterThreads, options_.queue),
          loader_(std::move(loader)) {
        if (graphs_->Find("g")) {
            statistics_ = std::make_unique<door::Statistics>(
                *graphs_, *options_.clock, options_.query_timeout, door::CountPropertyGraph);
            rdf_statistics_ = std::make_unique<door::Statistics>(
                *graphs_, *options_.clock, options_.query_timeout, door::CountRdf);
            system_ = std::make_unique<door::SystemPage>(
                *graphs_, *options_.clock, options_.query_timeout,
                [this](core::SteadyTime deadline) { return ForgetLoads("g", deadline); });
            storage_ = std::make_unique<door::StoragePages>(*graphs_, *options_.clock);
        }
        if (options_.objects != nullptr) {
            backups_ = std::make_unique<backup::Backups>(
                *graphs_, *options_.objects, *options_.clock, options_.query_timeout,
                [this](const std::string& graph, core::SteadyTime deadline) {
                    return ForgetLoads(graph, deadline);
                });
        }
    }
    ~Server() override { Stop(); }

    net::Handler Door() override {
        return [this](std::shared_ptr<net::Exchange> exchange) { Serve(std::move(exchange)); };
    }
    net::Handler Beside(net::Handler next) override {
        return [this, next = std::move(next)](std::shared_ptr<net::Exchange> exchange) {
            const net::RequestHead& head = exchange->Head();
            const std::string_view path = Path(head);
            const bool json =
                head.headers.Get("Content-Type").find("json") != std::string_view::npos;
            const bool posted = head.method == "POST" && json;
            const bool cypher = path == "/openCypher" || path == "/opencypher";
            const std::string_view type = head.headers.Get("Content-Type");
            const bool asks = ("&" + head.query).find("&query=") != std::string::npos;
            const bool sparql =
                path.starts_with("/sparql") &&
                (head.method == "POST" ? type.starts_with("application/sparql-") ||
                                             type.starts_with("application/x-www-form-urlencoded")
                                       : head.method == "GET" && asks);
            // No bucket has a name with a capital letter.
            const bool plainly = path == "/openCypher" || path.starts_with("/openCypher/");
            if (SignedForGraph(head) || sparql || plainly ||
                ((path == "/gremlin" || cypher) && posted) ||
                (path == "/gremlin" && net::WantsWebSocket(head))) {
                return Serve(std::move(exchange));
            }
            next(std::move(exchange));
        };
    }
    std::shared_ptr<const net::OtherProtocol> Bolt() override {
        return door::BoltProtocol(
            {.pool = &pool_, .writers = &writers_, .session = [this](const std::string& remote) {
                 return BoltSession(remote);
             }});
    }
    void AddActions(wire::ActionTable& actions, std::function<std::string()> address) override {
        door::AddClusterActions(actions, [this, address = std::move(address)] {
            door::ClusterFacts facts{.region = options_.region,
                                     .account = options_.account,
                                     .address = address(),
                                     .replica_of = {},
                                     .must_sign = options_.iam_auth != door::IamAuth::kOff};
            for (const GraphSettings& one : graphs_->All()) {
                if (one.name == "g") facts.replica_of = one.replica_of;
            }
            return facts;
        });
    }
    void Stop() override {
        for (const auto& follower : followers_) follower->Stop();
        if (backups_) backups_->Stop();
        if (loader_) loader_->Stop();
        if (storage_) storage_->Stop();
        log_.Stop();
        pool_.Stop();
        writers_.Stop();
        status_pool_.Stop();
    }
    /// Before requests come.
    core::Status FollowOriginals() {
        for (const GraphSettings& one : graphs_->All()) {
            if (one.replica_of.empty()) continue;
            GYRE_ASSIGN(auto original,
                        replica::Original::At(one.replica_of, options_.originals, *options_.clock));
            followers_.push_back(std::make_unique<replica::Follower>(
                replica::Follower::Options{.graphs = *graphs_,
                                           .settings = one,
                                           .original = std::move(original),
                                           .clock = *options_.clock,
                                           .bound = options_.max_lag}));
        }
        return {};
    }

  private:
    void Serve(std::shared_ptr<net::Exchange> exchange) {
        const net::RequestHead& head = exchange->Head();
        if (Path(head) == "/gremlin" && net::WantsWebSocket(head)) {
            std::optional<gremlin::Permissions> permissions;
            if (!authoriser_.AsksLater(head)) {
                const auto checked = authoriser_.Check(head, "", "ReadDataViaQuery");
                if (!checked) return Refuse(*exchange, checked.error());
                permissions = *checked;
            }
            return door::ServeSocket(
                *exchange,
                {.service = service_,
                 .pool = &pool_,
                 .writers = &writers_,
                 .authenticate =
                     [this, head](const std::string& user, const std::string& password) {
                         return authoriser_.CheckPassword(head, user, password);
                     }},
                permissions);
        }
        exchange->ReadBody(kMaxBody, [this, exchange](core::Result<std::string> body) {
            if (!body) return Refuse(*exchange, body.error());
            auto shared = std::make_shared<const std::string>(std::move(*body));
            auto work = [this, exchange, shared, query = Accept(exchange, shared)]() mutable {
                Answer(*exchange, *shared, std::move(query));
            };
            // One may ask for the status, and cancel, while all threads are busy.
            core::WorkerPool& pool = StatusAsked(Path(exchange->Head())) ? status_pool_ : pool_;
            if (!pool.TrySubmit(std::move(work))) {
                Refuse(*exchange,
                       core::Error(core::Code::kResourceExhausted, "TooManyRequestsException",
                                   "too many requests are waiting; try again later"));
            }
        });
    }

    using QueryPtr = std::shared_ptr<door::QueryLog::Query>;

    /// Of a request that asks a query; null of another.
    QueryPtr Accept(const std::shared_ptr<net::Exchange>& exchange,
                    const std::shared_ptr<const std::string>& body) {
        const std::string_view path = Path(exchange->Head());
        const auto waits = [&](door::QueryLanguage language, auto shown) {
            return std::make_shared<door::QueryLog::Query>(
                log_, language, [=] { return shown(exchange->Head(), *body); });
        };
        if (path == "/gremlin" || path == "/gremlin/profile") {
            return waits(door::QueryLanguage::kGremlin, door::ShownGremlin);
        }
        if (path == "/openCypher" || path == "/opencypher" || path == "/openCypher/explain" ||
            path == "/opencypher/explain") {
            return waits(door::QueryLanguage::kCypher, door::ShownCypher);
        }
        if (path == "/sparql" || path.starts_with("/sparql/")) {
            return waits(door::QueryLanguage::kSparql, door::ShownSparql);
        }
        return nullptr;
    }

    bolt::SessionOptions BoltSession(const std::string& remote) {
        const std::string id = "bolt-" + std::to_string(++bolt_sessions_);
        const auto running = std::make_shared<QueryPtr>();
        return {.graphs = graphs_.get(),
                .procedures = &procedures_->Known(),
                .clock = options_.clock,
                .timeout = options_.query_timeout,
                .max_held = options_.max_held,
                .max_bytes = options_.max_bytes,
                .permit =
                    [this, remote](const std::string& scheme, const std::string&,
                                   const std::string& password) {
                        return authoriser_.CheckToken(remote, scheme == "basic" ? password : "");
                    },
                .begin =
                    [this, id, running](const std::string& query) {
                        *running = std::make_shared<door::QueryLog::Query>(
                            log_, door::QueryLanguage::kCypher);
                        std::ignore = (*running)->Begin({id, query});
                        return (*running)->Cancel();
                    },
                .end = [running] { running->reset(); }};
    }

    void Answer(net::Exchange& exchange, const std::string& body, QueryPtr query) {
        const net::RequestHead& head = exchange.Head();
        auto response = exec::WithinMemory([&] { return Respond(head, body, query.get()); });
        query.reset();  // before its client may ask
        if (!response) return Refuse(exchange, response.error());
        exchange.Respond(std::move(*response));
    }

    /// `query`: null where the path asks none.
    core::Result<net::Response> Respond(const net::RequestHead& head, const std::string& body,
                                        door::QueryLog::Query* query) {
        const std::string_view path = Path(head);
        if (path == "/status") {
            GYRE_TRY(authoriser_.Check(head, body, "GetEngineStatus"));
            return door::EngineStatus(started_, Replicas());
        }
        if (const auto language = StatusAsked(path)) {
            const bool cancels =
                head.method == "DELETE" || head.query.find("cancelQuery") != std::string::npos;
            GYRE_TRY(authoriser_.Check(head, body, cancels ? "CancelQuery" : "GetQueryStatus"));
            return door::QueryStatus(head, body, log_, *language);
        }
        if (path == "/gremlin") {
            GYRE_ASSIGN(const auto permissions, authoriser_.Check(head, body, "ReadDataViaQuery"));
            return door::ServeGremlin(head, body, service_, permissions, *query);
        }
        if (path == "/gremlin/explain" || path == "/gremlin/profile") {
            GYRE_ASSIGN(const auto permissions, authoriser_.Check(head, body, "ReadDataViaQuery"));
            return path == "/gremlin/explain"
                       ? door::ServeExplain(head, body, service_, permissions)
                       : door::ServeProfile(head, body, service_, permissions, *query);
        }
        if (path == "/openCypher" || path == "/opencypher" || path == "/openCypher/explain" ||
            path == "/opencypher/explain") {
            GYRE_ASSIGN(const auto permissions, authoriser_.Check(head, body, "ReadDataViaQuery"));
            return door::ServeCypher(head, body, service_, permissions, *query);
        }
        if (path == "/sparql/gsp" || path.starts_with("/sparql/gsp/")) {
            GYRE_ASSIGN(const auto permissions, authoriser_.Check(head, body, "ReadDataViaQuery"));
            return door::ServeGraphStore(head, body, service_, permissions);
        }
        if (std::string graph; door::IsSparqlPath(path, *graphs_, graph)) {
            GYRE_ASSIGN(const auto permissions, authoriser_.Check(head, body, "ReadDataViaQuery"));
            const auto may_get = [this, &head](const std::string& resource) {
                return authoriser_.CheckElsewhere(head, "s3:GetObject", resource);
            };
            return door::ServeSparql(head, body, graph, service_, {permissions, may_get}, *query);
        }
        if (path.starts_with("/openCypher/procedures") ||
            path.starts_with("/opencypher/procedures")) {
            GYRE_TRY(authoriser_.Check(
                head, body, head.method == "GET" ? "ReadDataViaQuery" : "WriteDataViaQuery"));
            return procedures_->Serve(head, body);
        }
        const bool rdf_statistics =
            path.starts_with("/rdf/statistics") || path.starts_with("/sparql/statistics");
        if (statistics_ && (path.starts_with("/propertygraph/statistics") || rdf_statistics)) {
            GYRE_TRY(authoriser_.Check(head, body,
                                       path.ends_with("/summary") ? "GetGraphSummary"
                                       : head.method == "GET"     ? "GetStatisticsStatus"
                                       : head.method == "DELETE"  ? "DeleteStatistics"
                                                                  : "ManageStatistics"));
            return (rdf_statistics ? rdf_statistics_ : statistics_)->Serve(head, body);
        }
        if (const auto store = graphs_->Find("g");
            store != nullptr && (path == "/propertygraph/stream" || path == "/gremlin/stream" ||
                                 path == "/sparql/stream")) {
            GYRE_TRY(authoriser_.Check(head, body, "GetStreamRecords"));
            return door::ServeStream(head, *store, path == "/sparql/stream", *options_.clock,
                                     options_.query_timeout);
        }
        if (system_ && path == "/system" && head.method == "POST") {
            GYRE_TRY(authoriser_.Check(head, body, "ResetDatabase"));
            return system_->Serve(head, body);
        }
        if (storage_ && (path == "/storage/info" || path == "/storage/indexes/rebuilds" ||
                         path.starts_with("/storage/indexes/rebuilds/"))) {
            GYRE_TRY(authoriser_.Check(head, body, door::StoragePages::ActionOf(head)));
            return storage_->Serve(head, body);
        }
        if (loader_ && (path == "/loader" || path.starts_with("/loader/"))) {
            GYRE_TRY(authoriser_.Check(head, body,
                                       head.method == "POST"     ? "StartLoaderJob"
                                       : head.method == "DELETE" ? "CancelLoaderJob"
                                       : path == "/loader"       ? "ListLoaderJobs"
                                                                 : "GetLoaderJobStatus"));
            return door::ServeLoader(head, body, *loader_);
        }
        if (path == "/graphs" || path.starts_with("/graphs/")) {
            GYRE_TRY(authoriser_.Check(head, body, door::GraphsPage::ActionOf(head)));
            return graphs_page_.Serve(head, body);
        }
        const bool restores = path == "/restore" || path.starts_with("/restore/");
        if (backups_ && (restores || path == "/backup" || path.starts_with("/backup/"))) {
            GYRE_TRY(authoriser_.Check(head, body,
                                       head.method == "GET" ? "GetEngineStatus"
                                       : restores           ? "RestoreDatabase"
                                                            : "BackupDatabase"));
            return door::ServeBackups(head, body, *backups_);
        }
        return core::Fail(core::Code::kUnimplemented, "UnsupportedOperationException",
                          std::string(path) + " is not implemented");
    }

    /// Before that graph's data go: no load may go on from what it has put there.
    core::Status ForgetLoads(const std::string& graph, core::SteadyTime deadline) {
        return loader_ && graph == "g" ? loader_->Forget(deadline) : core::Status();
    }

    core::JsonObject Replicas() const {
        core::JsonObject replicas;
        for (const auto& follower : followers_) replicas[follower->Name()] = follower->Status();
        return replicas;
    }

    static void Refuse(net::Exchange& exchange, const core::Error& error) {
        exchange.Respond(door::ToNeptune(error).Response(exchange.Head().request_id));
    }

    const GraphOptions options_;
    const std::unique_ptr<Graphs> graphs_;
    const std::unique_ptr<door::ProceduresPage> procedures_;
    door::QueryLog log_;
    door::Authoriser authoriser_;
    const core::WallTime started_;
    const remote::OutsideSettings outside_;
    const door::GremlinService service_;
    door::GraphsPage graphs_page_;
    core::WorkerPool pool_;
    core::WorkerPool status_pool_;
    core::WorkerPool writers_;  ///< the messages of transactions that have the turn to write
    std::unique_ptr<load::Loader> loader_;
    std::unique_ptr<backup::Backups> backups_;
    std::vector<std::unique_ptr<replica::Follower>> followers_;
    std::unique_ptr<door::Statistics> statistics_, rdf_statistics_;
    std::unique_ptr<door::SystemPage> system_;
    std::unique_ptr<door::StoragePages> storage_;
    std::atomic<uint64_t> bolt_sessions_{0};
};

}  // namespace

core::Result<std::unique_ptr<Graph>> Graph::Open(GraphOptions options) {
    GYRE_ASSIGN(auto graphs, Graphs::Open(options.folder, options.graphs, options.store));
    GYRE_ASSIGN(auto procedures, door::ProceduresPage::Open(options.folder / "procedures.json"));
    std::unique_ptr<load::Loader> loader;
    if (options.objects != nullptr && graphs->Find("g")) {
        GYRE_ASSIGN(loader, load::Loader::Open({.graphs = *graphs,
                                                .objects = *options.objects,
                                                .clock = *options.clock,
                                                .folder = options.folder / "loads.d"}));
    }
    auto server = std::make_unique<Server>(std::move(options), std::move(graphs),
                                           std::move(procedures), std::move(loader));
    GYRE_TRY(server->FollowOriginals());
    return server;
}

}  // namespace gyre::graph
