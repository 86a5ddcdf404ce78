#include "graph/door/json_page.h"

namespace gyre::graph::door {

net::Response JsonPage(const core::Json& json) {
    net::Response response;
    response.headers.Add("Content-Type", "application/json");
    response.body = core::JsonText(json);
    return response;
}

}  // namespace gyre::graph::door
