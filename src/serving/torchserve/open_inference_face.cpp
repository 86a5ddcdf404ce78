#include "serving/torchserve/open_inference_face.h"

#include <boost/json.hpp>

#include "net/http_message.h"
#include "serving/torchserve/answers.h"

namespace gyre::serving::torchserve {
namespace {

using core::JsonObject;
using Parts = std::vector<std::string>;

std::optional<net::Response> AnswerTo(const Parts& parts) {
    if (parts == Parts{"v2"}) {
        return JsonAnswer(200, JsonObject{{"name", "Torchserve"},
                                          {"version", "0.12.0"},
                                          // its word
                                          {"extenstion", core::JsonArray{"kserve", "kubeflow"}}});
    }
    if (parts == Parts{"v2", "health", "live"}) return JsonAnswer(200, JsonObject{{"live", true}});
    if (parts == Parts{"v2", "health", "ready"}) {
        return JsonAnswer(200, JsonObject{{"ready", true}});
    }
    if (parts.size() >= 5 && parts[0] == "v2" && parts[1] == "models" && parts[3] == "versions") {
        return JsonAnswer(501, JsonObject{{"error", "Model versioning is not yet supported."}});
    }
    return std::nullopt;
}

}  // namespace

net::Handler MakeOpenInferenceFace(net::Handler next) {
    return [next = std::move(next)](std::shared_ptr<net::Exchange> exchange) {
        const auto parts = net::SplitPath(exchange->Head().path);
        if (auto answer = parts ? AnswerTo(*parts) : std::nullopt) {
            return Answer(*exchange, std::move(*answer));
        }
        next(std::move(exchange));
    };
}

}  // namespace gyre::serving::torchserve
