#include "graph/door/loader_pages.h"

#include <charconv>

#include "core/json.h"
#include "graph/door/json_page.h"

namespace gyre::graph::door {
namespace {

constexpr size_t kMostListed = 100;

/// 0 of a text that is none.
size_t Number(const std::string& text) {
    size_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && at == end ? number : 0;
}

bool IsTrue(const std::string& text) {
    return text == "true" || text == "TRUE";
}

}  // namespace

core::Result<net::Response> ServeLoader(const net::RequestHead& head, const std::string& body,
                                        load::Loader& loader) {
    if (head.method == "POST") {
        const auto json = core::ParseJson(body);
        if (!json || !json->is_object()) {
            return core::Fail(core::Code::kInvalidArgument, "BadRequestException",
                              "the body is no JSON object");
        }
        GYRE_ASSIGN(const std::string id, loader.Start(*json));
        return JsonPage(
            core::JsonObject{{"status", "200 OK"}, {"payload", core::JsonObject{{"loadId", id}}}});
    }
    constexpr std::string_view kPrefix = "/loader/";
    std::string id;
    if (head.path.starts_with(kPrefix)) id = head.path.substr(kPrefix.size());
    load::StatusDetail detail;
    size_t limit = kMostListed;
    bool queued = true;
    for (const auto& [key, value] :
         net::ParseQuery(head.query).value_or(std::vector<std::pair<std::string, std::string>>())) {
        if (key == "loadId") id = value;
        if (key == "details") detail.details = IsTrue(value);
        if (key == "errors") detail.errors = IsTrue(value);
        if (key == "page") detail.page = Number(value);
        if (key == "errorsPerPage") detail.per_page = Number(value);
        if (key == "limit") limit = Number(value);
        if (key == "includeQueuedLoads") queued = IsTrue(value);
    }
    if (head.method == "DELETE") {
        GYRE_TRY(loader.Cancel(id));
        return JsonPage(core::JsonObject{{"status", "200 OK"}});
    }
    if (id.empty()) {
        if (limit < 1 || limit > kMostListed) {
            return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                              "limit is a number from 1 to 100");
        }
        return JsonPage(loader.List(limit, queued));
    }
    if (detail.page < 1 || detail.per_page < 1) {
        return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                          "page and errorsPerPage are numbers from 1 on");
    }
    GYRE_ASSIGN(const core::Json status, loader.Status(id, detail));
    return JsonPage(status);
}

}  // namespace gyre::graph::door
