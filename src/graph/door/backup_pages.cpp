#include "graph/door/backup_pages.h"

#include "core/json.h"
#include "graph/door/json_page.h"

namespace gyre::graph::door {

core::Result<net::Response> ServeBackups(const net::RequestHead& head, const std::string& body,
                                         backup::Backups& backups) {
    const bool restores = head.path.starts_with("/restore");
    const char* const name = restores ? "restoreId" : "backupId";
    if (head.method == "POST") {
        const auto json = core::ParseJson(body);
        if (!json || !json->is_object()) {
            return core::Fail(core::Code::kInvalidArgument, "BadRequestException",
                              "the body is no JSON object");
        }
        GYRE_ASSIGN(const std::string id,
                    restores ? backups.Restore(*json) : backups.Backup(*json));
        return JsonPage(
            core::JsonObject{{"status", "200 OK"}, {"payload", core::JsonObject{{name, id}}}});
    }
    if (head.method != "GET") {
        return core::Fail(core::Code::kInvalidArgument, "MethodNotAllowedException",
                          head.path + " takes POST and GET");
    }
    const size_t slash = head.path.find('/', 1);
    const std::string id = slash == std::string::npos ? "" : head.path.substr(slash + 1);
    if (id.empty()) {
        return JsonPage(
            core::JsonObject{{"status", "200 OK"}, {"payload", backups.List(restores)}});
    }
    GYRE_ASSIGN(const core::Json status, backups.Status(id));
    return JsonPage(core::JsonObject{{"status", "200 OK"}, {"payload", status}});
}

}  // namespace gyre::graph::door
