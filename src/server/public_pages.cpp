#include "server/public_pages.h"

namespace gyre::server {
namespace {

net::Response Page(int status, std::string content_type, std::string body) {
    net::Response response{.status = status, .headers = {}, .body = std::move(body)};
    response.headers.Add("Content-Type", std::move(content_type));
    return response;
}

}  // namespace

net::Handler PingPage() {
    return [](const std::shared_ptr<net::Exchange>& exchange) {
        exchange->Respond(Page(200, "application/json", "{\"status\":\"Healthy\"}\n"));
    };
}

net::Handler AuthorityPage(std::string pem) {
    return [pem = std::move(pem)](const std::shared_ptr<net::Exchange>& exchange) {
        exchange->Respond(Page(200, "application/x-pem-file", pem));
    };
}

net::Handler MetricsPage(core::WorkerPool& pool, std::function<std::string()> text) {
    return [&pool, text = std::move(text)](const std::shared_ptr<net::Exchange>& exchange) {
        const bool taken = pool.TrySubmit([exchange, text] {
            exchange->Respond(Page(200, "text/plain; version=0.0.4", text()));
        });
        if (!taken) exchange->Respond(Page(503, "text/plain", "busy; ask again\n"));
    };
}

}  // namespace gyre::server
