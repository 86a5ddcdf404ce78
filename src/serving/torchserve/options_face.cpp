#include "serving/torchserve/options_face.h"

#include "net/with_headers.h"
#include "serving/torchserve/answers.h"

namespace gyre::serving::torchserve {
namespace {

constexpr std::string_view kPredictions = "/predictions/";

net::Headers CorsHeaders(const CorsSettings& cors) {
    net::Headers headers;
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) headers.Add(name, value);
    };
    add("Access-Control-Allow-Origin", cors.origin);
    add("Access-Control-Allow-Methods", cors.methods);
    add("Access-Control-Allow-Headers", cors.headers);
    return headers;
}

net::Response Describe(const net::RequestHead& head, Faces faces, const Models& models) {
    if (head.path == "/") return JsonAnswer(200, DescribeApis(faces));
    if (faces.inference && head.path.starts_with(kPredictions)) {
        std::string_view model = std::string_view(head.path).substr(kPredictions.size());
        model = model.substr(0, model.find('/'));
        const auto known = models.Describe(std::string(model), "");
        return known ? JsonAnswer(200, DescribePredictions(model)) : ErrorAnswer(known.error());
    }
    return ErrorAnswer(NoSuchResource());
}

}  // namespace

net::Handler MakeOptionsFace(Faces faces, const CorsSettings& cors, const Models& models,
                             net::Handler next) {
    return [faces, headers = CorsHeaders(cors), &models,
            next = std::move(next)](std::shared_ptr<net::Exchange> exchange) {
        if (headers.begin() != headers.end()) {
            exchange = net::WithHeaders(std::move(exchange), headers);
        }
        if (exchange->Head().method != "OPTIONS") return next(std::move(exchange));
        Answer(*exchange, Describe(exchange->Head(), faces, models));
    };
}

}  // namespace gyre::serving::torchserve
