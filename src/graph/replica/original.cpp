#include "graph/replica/original.h"

#include "core/json.h"
#include "graph/graphs.h"

namespace gyre::graph::replica {
namespace {

using core::Code;

constexpr core::milliseconds kAnswerTimeout{60'000};

tl::unexpected<core::Error> NoOriginal(const std::string& url) {
    return core::Fail(
        Code::kInvalidArgument,
        "replica_of should be http://HOST:PORT or http://HOST:PORT/graphs/NAME, not " + url);
}

}  // namespace

core::Result<std::unique_ptr<Original>> Original::At(const std::string& url, OriginalAccess access,
                                                     const core::Clock& clock) {
    constexpr std::string_view kHttp = "http://", kHttps = "https://", kGraphs = "graphs/";
    const bool secure = url.starts_with(kHttps);
    if (!secure && !url.starts_with(kHttp)) return NoOriginal(url);
    std::string host = url.substr((secure ? kHttps : kHttp).size());
    std::string name = "g";
    if (const size_t slash = host.find('/'); slash != std::string::npos) {
        std::string path = host.substr(slash + 1);
        host.resize(slash);
        while (path.ends_with('/')) path.pop_back();
        if (path.starts_with(kGraphs)) {
            name = path.substr(kGraphs.size());
        } else if (!path.empty()) {
            return NoOriginal(url);
        }
    }
    if (host.empty() || !IsGraphName(name)) return NoOriginal(url);
    std::shared_ptr<const net::TlsClient> tls;
    if (secure) {
        GYRE_ASSIGN(tls, net::TlsClient::Trusting(access.authorities));
    }
    const std::string address = host.find(':') != std::string::npos ? host
                                : secure                            ? host + ":443"
                                                                    : host + ":80";
    const core::CancelToken stop;
    auto client = std::make_unique<net::HttpClient>(
        address, net::HttpClientOptions{.tls = std::move(tls), .may_connect = {}, .cancel = stop});
    return std::unique_ptr<Original>(new Original(
        std::move(host), "/graphs/" + name, std::move(client), stop, std::move(access), clock));
}

Original::Original(std::string host, std::string path, std::unique_ptr<net::HttpClient> client,
                   core::CancelToken stop, OriginalAccess access, const core::Clock& clock)
    : host_(std::move(host)),
      path_(std::move(path)),
      client_(std::move(client)),
      stop_(std::move(stop)),
      access_(std::move(access)),
      clock_(clock) {
}

core::Result<std::string> Original::Ask(const std::string& method, const std::string& target) {
    net::ClientRequest request;
    request.method = method;
    request.target = path_ + target;
    request.headers.Add("Host", host_);
    if (access_.identity) {
        access::SignRequest(request, host_, *access_.identity, clock_.WallNow());
    }
    GYRE_ASSIGN(net::Response response, client_->Send(request, kAnswerTimeout));
    if (response.status < 300) return std::move(response.body);
    const auto json = core::ParseJson(response.body);
    const std::string why = json ? core::JsonStringOr(*json, "detailedMessage") : response.body;
    return core::Fail(
        Code::kUnavailable,
        host_ + path_ + " answers " + std::to_string(response.status) + ": " + why.substr(0, 500));
}

core::Result<ChangeFeed> Original::Changes(uint64_t after, size_t most) {
    GYRE_ASSIGN(const std::string bytes, Ask("GET", "/changes?after=" + std::to_string(after) +
                                                        "&limit=" + std::to_string(most)));
    return DecodeFeed(bytes);
}

core::Result<Original::Snapshot> Original::MakeSnapshot() {
    GYRE_ASSIGN(const std::string text, Ask("POST", "/snapshots"));
    GYRE_ASSIGN(const core::Json json, core::ParseJson(text));
    Snapshot snapshot;
    snapshot.id = core::JsonStringOr(json, "snapshotId");
    snapshot.epoch = core::JsonStringOr(json, "epoch");
    const core::Json* files = core::JsonFind(json, "files");
    if (snapshot.id.empty() || snapshot.epoch.empty() || files == nullptr || !files->is_array()) {
        return core::Fail(Code::kInternal, "the original's snapshot cannot be read");
    }
    for (const core::Json& one : files->get_array()) {
        snapshot.files.push_back({core::JsonStringOr(one, "name"),
                                  static_cast<uint64_t>(core::JsonInt(one, "size").value_or(0))});
    }
    return snapshot;
}

core::Result<std::string> Original::ReadPiece(const Snapshot& snapshot, const File& file,
                                              uint64_t offset, uint64_t size) {
    return Ask("GET", "/snapshots/" + snapshot.id + "?file=" + net::PercentEncode(file.name) +
                          "&offset=" + std::to_string(offset) + "&size=" + std::to_string(size));
}

void Original::DropSnapshot(const Snapshot& snapshot) {
    std::ignore = Ask("DELETE", "/snapshots/" + snapshot.id);  // it goes by itself, later
}

}  // namespace gyre::graph::replica
