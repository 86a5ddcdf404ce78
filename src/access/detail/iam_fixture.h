#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "access/identity_actions.h"
#include "core/temp_dir.h"
#include "net/http_message.h"
#include "wire/protocol.h"

namespace gyre::access::detail {

/// For tests: the actions as the gate calls them: a form in, wire's parsing and writing, XML out.
struct Iam {
    core::TempDir folder;
    core::FakeClock clock;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<IdentityStore> store;
    wire::ActionTable actions;
    std::string caller_key = "ROOTKEY";

    Iam() {
        database = *db::Database::Open(folder.Path() / "gyre.db");
        store = *IdentityStore::Open(*database, clock,
                                     {"123456789012", "us-east-1", "ROOTKEY", "root-secret"});
        AddIdentityActions(actions, *store);
    }

    using Form = std::vector<std::pair<std::string, std::string>>;

    core::Result<std::string> Call(const std::string& service, const std::string& operation,
                                   const Form& form = {}) {
        net::RequestHead head;
        head.method = "POST";
        head.target = head.path = "/";
        head.headers.Add("Content-Type", "application/x-www-form-urlencoded");
        std::string body = "Action=" + operation +
                           (service == "sts" ? "&Version=2011-06-15" : "&Version=2010-05-08");
        for (const auto& [name, value] : form) {
            body += "&" + name + "=" + net::PercentEncode(value);
        }
        const wire::Service* api = wire::FindService(head, service);
        GYRE_ASSIGN(const auto route, wire::RouteRequest(*api, head, body));
        GYRE_ASSIGN(auto input, wire::ParseInput(route, head, body));
        const wire::Action* action = actions.Find(service, operation);
        REQUIRE(action);
        const auto caller = store->Find(caller_key);
        REQUIRE(caller);
        const wire::CallContext context{service, operation, "us-east-1", "id", caller->caller};
        resource = action->resource ? action->resource(context, input) : "*";
        GYRE_ASSIGN(const auto output, action->document(context, std::move(input)));
        return wire::WriteOutput(route, output, "id").body;
    }
    core::Result<std::string> Ask(const std::string& operation, const Form& form = {}) {
        return Call("iam", operation, form);
    }

    std::string resource;  ///< of the last call
};

inline std::string Field(const core::Result<std::string>& answer, const std::string& name) {
    if (!answer) return "";
    const size_t begin = answer->find("<" + name + ">");
    if (begin == answer->npos) return "";
    const size_t from = begin + name.size() + 2;
    return answer->substr(from, answer->find("</" + name + ">") - from);
}

inline std::string ErrorOf(const core::Result<std::string>& answer) {
    return answer ? "" : answer.error().wire_name;
}

inline int Count(const core::Result<std::string>& answer, const std::string& part) {
    int found = 0;
    if (!answer) return found;
    for (size_t at = 0; (at = answer->find(part, at)) != answer->npos; ++at) ++found;
    return found;
}

}  // namespace gyre::access::detail
