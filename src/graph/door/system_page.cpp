#include "graph/door/system_page.h"

#include "core/digest.h"
#include "core/json.h"
#include "graph/door/json_page.h"

namespace gyre::graph::door {
namespace {

constexpr std::chrono::hours kTokenLives{1};

/// Of a JSON object or a form.
std::string Member(const net::RequestHead& head, const std::string& body, const char* name) {
    if (head.headers.Get("Content-Type").find("json") != std::string_view::npos) {
        const auto json = core::ParseJson(body);
        return json ? std::string(core::JsonString(*json, name).value_or("")) : "";
    }
    const auto members = net::ParseQuery(body);
    if (members) {
        for (const auto& [key, value] : *members) {
            if (key == name) return value;
        }
    }
    return "";
}

}  // namespace

core::Result<net::Response> SystemPage::Serve(const net::RequestHead& head,
                                              const std::string& body) {
    const std::string action = Member(head, body, "action");
    core::JsonObject json{{"status", "200 OK"}};
    if (action == "initiateDatabaseReset") {
        const std::string token = core::RandomUuid();
        *token_.Lock() = std::pair(token, clock_.Now() + kTokenLives);
        json["payload"] = core::JsonObject{{"token", token}};
    } else if (action == "performDatabaseReset") {
        const std::string given = Member(head, body, "token");
        {
            auto token = token_.Lock();
            const bool fits = *token && (*token)->first == given && clock_.Now() < (*token)->second;
            if (!fits) {
                return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                                  "the token is not the one that initiateDatabaseReset gave, or "
                                  "has lived its hour");
            }
            token->reset();
        }
        const auto store = graphs_.Find("g");
        GYRE_TRY(store->Serves(true, clock_.Now()));
        const auto deadline = clock_.Now() + timeout_;
        GYRE_TRY(before_(deadline));
        GYRE_TRY(store->Clear(deadline));
    } else {
        return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                          "action is initiateDatabaseReset or performDatabaseReset");
    }
    return JsonPage(json);
}

}  // namespace gyre::graph::door
