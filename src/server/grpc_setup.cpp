#include "server/grpc_setup.h"

#include "core/log.h"
#include "grpc/kserve_services.h"
#include "grpc/standard_services.h"
#include "grpc/torchserve_services.h"
#include "net/rpc.h"

namespace gyre::server {
namespace {

constexpr core::milliseconds kRpcGrace{10'000};

/// HTTP/1.1 on a port that speaks gRPC.
void SayWhatThisIs(const std::shared_ptr<net::Exchange>& exchange) {
    net::Response response{.status = 426,
                           .headers = {},
                           .body = "This port speaks gRPC only: HTTP/2 with prior knowledge.\n"};
    response.headers.Add("Content-Type", "text/plain");
    response.headers.Add("Upgrade", "h2c");
    exchange->Respond(std::move(response));
}

/// `may_fail`: a port that is taken leaves none, and a line of the log.
core::Result<std::unique_ptr<net::HttpServer>> Open(const char* what, net::HttpServerOptions http,
                                                    std::shared_ptr<grpc::Services> services,
                                                    size_t max_message, bool may_fail) {
    http.answers_for = nullptr;
    http.tls_http2 = true;
    http.other = net::MakeRpcProtocol(
        {.max_message_bytes = max_message},
        [services = std::move(services)](const grpc::Call& call) { services->Handle(call); });
    auto door = net::HttpServer::Start(http, SayWhatThisIs);
    if (!door && may_fail) {
        core::LogWarning("no port for gRPC",
                         {{"of", what}, {"address", http.address}, {"why", door.error().message}});
        return nullptr;
    }
    if (door) core::LogInfo("gRPC", {{"of", what}, {"address", (*door)->Address()}});
    return door;
}

}  // namespace

net::Handler NothingHere() {
    return [](const std::shared_ptr<net::Exchange>& exchange) {
        exchange->Respond({.status = 404, .headers = {}, .body = {}});
    };
}

core::Result<std::unique_ptr<net::HttpServer>> ListenForGrpc(const core::Config& config,
                                                             net::Handler kserve,
                                                             net::HttpServerOptions http) {
    const std::string listen = config.GetString("kserve.grpc_listen");
    if (listen.empty()) return nullptr;
    const bool any_port = http.address.ends_with(":0");
    const auto services = std::make_shared<grpc::Services>();
    const auto schema = std::make_shared<const grpc::Schema>();
    grpc::AddKserveServices(*services, schema, std::move(kserve));
    grpc::AddStandardServices(*services, schema);
    http.address = listen != "auto" ? listen : any_port ? "127.0.0.1:0" : "127.0.0.1:8001";
    return Open("kserve", std::move(http), services,
                static_cast<size_t>(config.GetInt("kserve.max_body_mb")) << 20, listen == "auto");
}

void TorchServeGrpc::Stop() {
    for (auto* door : {inference.get(), management.get()}) {
        if (door != nullptr) door->Stop(kRpcGrace);
    }
}

core::Result<TorchServeGrpc> ListenForTorchServeGrpc(const serving::torchserve::Settings& settings,
                                                     serving::torchserve::Server& server) {
    const auto schema = std::make_shared<const grpc::Schema>();
    net::HttpServerOptions http;
    http.loop = &server.Loop();
    if (settings.grpc_secure) http.tls = server.Tls();
    http.tls_only = settings.grpc_secure;
    const bool may_fail = !settings.grpc_chosen;
    TorchServeGrpc doors;

    auto inference = std::make_shared<grpc::Services>();
    grpc::AddTorchServeInference(*inference, server.InferenceApi());
    if (settings.open_inference_protocol) {
        grpc::AddTorchServeOpenInference(*inference, schema, server.InferenceApi(),
                                         server.ManagementApi());
    }
    grpc::AddStandardServices(*inference, schema);
    http.address = settings.grpc_inference;
    GYRE_ASSIGN(doors.inference,
                Open("inference", http, std::move(inference), settings.max_request_size, may_fail));

    auto management = std::make_shared<grpc::Services>();
    grpc::AddTorchServeManagement(*management, schema, server.ManagementApi());
    grpc::AddStandardServices(*management, schema);
    http.address = settings.grpc_management;
    GYRE_ASSIGN(doors.management, Open("management", http, std::move(management),
                                       settings.max_request_size, may_fail));
    return doors;
}

}  // namespace gyre::server
