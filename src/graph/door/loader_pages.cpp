#include "graph/door/loader_pages.h"

#include <charconv>

#include "core/json.h"
#include "graph/door/json_page.h"

namespace gyre::graph::door {
namespace {

size_t Number(const std::string& text, size_t otherwise) {
    size_t number = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
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
    size_t limit = 100;
    bool queued = true;
    for (const auto& [key, value] :
         net::ParseQuery(head.query).value_or(std::vector<std::pair<std::string, std::string>>())) {
        if (key == "loadId") id = value;
        if (key == "details") detail.details = IsTrue(value);
        if (key == "errors") detail.errors = IsTrue(value);
        if (key == "page") detail.page = Number(value, 1);
        if (key == "errorsPerPage") detail.per_page = Number(value, 10);
        if (key == "limit") limit = Number(value, 100);
        if (key == "includeQueuedLoads") queued = IsTrue(value);
    }
    if (head.method == "DELETE") {
        GYRE_TRY(loader.Cancel(id));
        return JsonPage(core::JsonObject{{"status", "200 OK"}});
    }
    if (id.empty()) return JsonPage(loader.List(limit, queued));
    GYRE_ASSIGN(const core::Json status, loader.Status(id, detail));
    return JsonPage(status);
}

}  // namespace gyre::graph::door
