#pragma once

#include <filesystem>
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

/// For tests: the text of the first element of that name from `from` on; "" where there is none.
inline std::string Element(const std::string& xml, const std::string& name, size_t from = 0) {
    const size_t open = xml.find("<" + name + ">", from);
    if (open == std::string::npos) return "";
    const size_t start = open + name.size() + 2;
    return xml.substr(start, xml.find("</" + name + ">", start) - start);
}

/// For tests: the texts of all elements of that name.
inline std::vector<std::string> Elements(const std::string& xml, const std::string& name) {
    std::vector<std::string> texts;
    const std::string open = "<" + name + ">";
    for (size_t at = xml.find(open); at != std::string::npos; at = xml.find(open, at + 1)) {
        texts.push_back(Element(xml, name, at));
    }
    return texts;
}

inline std::string Header(const net::Response& response, std::string_view name) {
    return std::string(response.headers.Get(name));
}

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
        if (!body.empty() || method == "PUT")
            head.headers.Add("Content-Length", std::to_string(body.size()));
        const wire::Service& service = *wire::FindService(head, "s3");
        const core::Status done = Run(service, exchange, body);
        if (!done) return wire::WriteError(service, done.error(), head.request_id, head.path);
        GYRE_CHECK(exchange.answered);
        return std::move(exchange.response);
    }

    /// The status, and for an error S3's name of it: "404 NoSuchKey".
    std::string Outcome(const std::string& method, const std::string& target,
                        const std::string& body = "", const Fields& headers = {}) {
        const net::Response answer = Ask(method, target, body, headers);
        const std::string code = Element(answer.body, "Code");
        return std::to_string(answer.status) + (code.empty() ? "" : " " + code);
    }

    /// How many files hold objects' bytes.
    size_t BlobFiles() const {
        size_t count = 0;
        for (const auto& entry :
             std::filesystem::recursive_directory_iterator(folder_.Path() / "objects")) {
            count += entry.is_regular_file() ? 1 : 0;
        }
        return count;
    }

    LocalStore& Store() { return *store_; }
    db::Database& Database() { return *database_; }
    core::FakeClock& Clock() { return clock_; }

    wire::Caller caller{"000000000000", "arn:aws:iam::000000000000:root", "root", "AKID"};

  private:
    core::Status Run(const wire::Service& service, TestExchange& exchange,
                     const std::string& body) {
        GYRE_ASSIGN(const wire::Route route, wire::RouteRequest(service, exchange.head, body));
        const bool streams = route.stream_input;
        GYRE_ASSIGN(core::Json input, wire::ParseInput(route, exchange.head, streams ? "" : body));
        const wire::Action* action = table_.Find("s3", route.operation_name);
        GYRE_CHECK(action != nullptr);
        const wire::CallContext context{"s3", std::string(route.operation_name), "eu-west-1",
                                        "request-1", caller};
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
