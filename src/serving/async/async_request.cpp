#include "serving/async/async_request.h"

#include <boost/json.hpp>

#include "core/digest.h"
#include "objects/object_store.h"
#include "serving/detail/action_support.h"

namespace gyre::serving::async {
namespace {

using core::Json;
using core::JsonObject;
using detail::NameIn;

tl::unexpected<core::Error> Refused(std::string message) {
    return core::Fail(core::Code::kInvalidArgument, "ValidationError", std::move(message));
}

/// "PATH[/EXTENSION]/NAME".
std::string Below(const std::string& path, const std::string& extension, const std::string& name) {
    std::string uri = path + "/";
    if (!extension.empty()) uri += extension + (extension.ends_with('/') ? "" : "/");
    return uri + name;
}

core::seconds SecondsIn(const Json& input, std::string_view member, core::seconds otherwise) {
    const auto value = core::JsonInt(input, member);
    return value ? core::seconds(*value) : otherwise;
}

}  // namespace

core::Result<AsyncRequest> AsyncRequest::Read(const Json& input, std::string body,
                                              const AsyncConfig& config, core::WallTime now) {
    AsyncRequest request;
    request.endpoint = NameIn(input, "EndpointName");
    request.input = NameIn(input, "InputLocation");
    if (request.input.empty() == body.empty()) {
        return Refused("Provide exactly one of InputLocation and Body.");
    }
    if (!request.input.empty()) {
        if (auto uri = objects::S3Uri::Parse(request.input); !uri || uri->key.empty()) {
            return Refused("InputLocation must be the S3 URI of an object.");
        }
    }
    request.body = std::move(body);
    request.inference_id = NameIn(input, "InferenceId");
    if (request.inference_id.empty()) request.inference_id = core::RandomUuid();
    request.content_type = NameIn(input, "ContentType");
    request.accept = NameIn(input, "Accept");
    request.custom_attributes = NameIn(input, "CustomAttributes");
    const std::string extension = NameIn(input, "S3OutputPathExtension");
    const std::string file = NameIn(input, "Filename");
    // Of its own, for one inference id may be given to many requests.
    const std::string unique = core::RandomUuid();
    request.output = Below(config.output_path, extension, file.empty() ? unique + ".out" : file);
    if (!config.failure_path.empty()) {
        request.failure =
            Below(config.failure_path, extension, (file.empty() ? unique : file) + "-error.out");
    }
    request.success_topic = config.success_topic;
    request.error_topic = config.error_topic;
    request.success_has_answer = config.success_has_answer;
    request.error_has_answer = config.error_has_answer;
    request.accepted = now;
    request.live = SecondsIn(input, "RequestTTLSeconds", request.live);
    request.timeout = SecondsIn(input, "InvocationTimeoutSeconds", request.timeout);
    return request;
}

Json AsyncRequest::ToJson() const {
    return JsonObject{{"endpoint", endpoint},
                      {"inference_id", inference_id},
                      {"input", input},
                      {"content_type", content_type},
                      {"accept", accept},
                      {"custom_attributes", custom_attributes},
                      {"output", output},
                      {"failure", failure},
                      {"success_topic", success_topic},
                      {"error_topic", error_topic},
                      {"success_has_answer", success_has_answer},
                      {"error_has_answer", error_has_answer},
                      {"accepted", accepted.time_since_epoch().count()},
                      {"live", live.count()},
                      {"timeout", timeout.count()}};
}

core::Result<AsyncRequest> AsyncRequest::FromJson(const Json& json) {
    AsyncRequest request;
    request.endpoint = NameIn(json, "endpoint");
    request.output = NameIn(json, "output");
    const auto accepted = core::JsonInt(json, "accepted");
    if (request.endpoint.empty() || request.output.empty() || !accepted) {
        return core::Fail(core::Code::kDataLoss, "a queued request that cannot be read");
    }
    request.accepted = core::WallTime(core::milliseconds(*accepted));
    request.inference_id = NameIn(json, "inference_id");
    request.input = NameIn(json, "input");
    request.content_type = NameIn(json, "content_type");
    request.accept = NameIn(json, "accept");
    request.custom_attributes = NameIn(json, "custom_attributes");
    request.failure = NameIn(json, "failure");
    request.success_topic = NameIn(json, "success_topic");
    request.error_topic = NameIn(json, "error_topic");
    request.success_has_answer = core::JsonBool(json, "success_has_answer").value_or(false);
    request.error_has_answer = core::JsonBool(json, "error_has_answer").value_or(false);
    request.live = SecondsIn(json, "live", request.live);
    request.timeout = SecondsIn(json, "timeout", request.timeout);
    return request;
}

}  // namespace gyre::serving::async
