#include "cli/detail/graph_calls.h"

namespace gyre::cli::detail {
namespace {

constexpr core::milliseconds kCallTimeout{60'000};

}  // namespace

core::Result<core::Json> AskGraph(const Platform& platform, const std::string& method,
                                  const std::string& target, const std::string& body) {
    net::ClientRequest request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!body.empty()) request.headers.Add("Content-Type", "application/json");
    GYRE_ASSIGN(const net::Response response,
                platform.Send("neptune-db", std::move(request), kCallTimeout));
    if (response.status >= 300) return core::Fail(platform.ErrorOf(response));
    return core::ParseJson(response.body);
}

}  // namespace gyre::cli::detail
