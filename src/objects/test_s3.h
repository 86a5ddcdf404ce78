#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/temp_dir.h"
#include "objects/local_store.h"
#include "objects/s3_actions.h"
#include "objects/test_exchange.h"
#include "wire/action.h"
#include "wire/protocol.h"

namespace gyre::objects {

/// For tests: a store behind its actions, asked in HTTP as a client asks, without a socket and
/// without signatures.
class TestS3 {
  public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    explicit TestS3(S3Options options = {})
        : database_(db::Database::Open(folder_.Path() / "a.db").value()),
          store_(OpenLocalStore(*database_, core::RealFileSystem(), folder_.Path() / "objects",
                                clock_, nullptr)
                     .value()) {
        AddS3Actions(table_, *store_, options);
    }

    /// "GET", "/bucket/key?uploads".
    net::Response Ask(const std::string& method, const std::string& target,
                      const std::string& body = "", const Fields& headers = {}) {
        TestExchange exchange;
        net::RequestHead& head = exchange.head;
        head.method = method;
        head.target = target;
        head.path = target.substr(0, target.find('?'));
        if (head.path.size() < target.size()) head.query = target.substr(head.path.size() + 1);
        head.request_id = "request-1";
        for (const auto& [name, value] : headers) head.headers.Add(name, value);
        if (!body.empty()) head.headers.Add("Content-Length", std::to_string(body.size()));
        const wire::Service& service = *wire::FindService(head, "s3");
        const core::Status done = Run(service, exchange, body);
        if (!done) return wire::WriteError(service, done.error(), head.request_id, head.path);
        GYRE_CHECK(exchange.answered);
        return std::move(exchange.response);
    }

    LocalStore& Store() { return *store_; }
    core::FakeClock& Clock() { return clock_; }

  private:
    core::Status Run(const wire::Service& service, TestExchange& exchange,
                     const std::string& body) {
        GYRE_ASSIGN(const wire::Route route, wire::RouteRequest(service, exchange.head, body));
        const bool streams = route.stream_input;
        GYRE_ASSIGN(core::Json input, wire::ParseInput(route, exchange.head, streams ? "" : body));
        const wire::Action* action = table_.Find("s3", route.operation_name);
        GYRE_CHECK(action != nullptr);
        const wire::CallContext context{
            "s3",
            std::string(route.operation_name),
            "eu-west-1",
            "request-1",
            {"000000000000", "arn:aws:iam::000000000000:root", "root", "AKID"}};
        if (action->stream) {
            TextBody reader(body, 1000);
            wire::StreamCall call{context, std::move(input), exchange.head, reader, exchange};
            return action->stream(call);
        }
        GYRE_ASSIGN(const core::Json output, action->document(context, std::move(input)));
        exchange.Respond(wire::WriteOutput(route, output, "request-1"));
        return {};
    }

    core::TempDir folder_;
    std::unique_ptr<db::Database> database_;
    core::FakeClock clock_;
    std::unique_ptr<LocalStore> store_;
    wire::ActionTable table_;
};

}  // namespace gyre::objects
