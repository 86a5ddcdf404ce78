#include "serving/async/async_config.h"

#include "objects/object_store.h"
#include "serving/detail/action_support.h"
#include "serving/names.h"

namespace gyre::serving::async {
namespace {

using core::Json;
using detail::NameIn;

core::Result<std::string> PathIn(const Json& output, std::string_view member) {
    std::string path = NameIn(output, member);
    if (path.empty()) return path;
    if (auto uri = objects::S3Uri::Parse(path); !uri) {
        return core::Fail(
            Validation(std::string(member) + " must be an S3 URI: " + uri.error().message));
    }
    while (path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

core::Result<AsyncConfig> AsyncConfig::Read(const Json& config) {
    AsyncConfig read;
    if (const Json* client = core::JsonFind(config, "ClientConfig")) {
        read.most_per_instance =
            static_cast<int>(core::JsonInt(*client, "MaxConcurrentInvocationsPerInstance")
                                 .value_or(read.most_per_instance));
    }
    const Json* output = core::JsonFind(config, "OutputConfig");
    if (output == nullptr)
        return core::Fail(Validation("AsyncInferenceConfig needs an OutputConfig."));
    GYRE_ASSIGN(read.output_path, PathIn(*output, "S3OutputPath"));
    GYRE_ASSIGN(read.failure_path, PathIn(*output, "S3FailurePath"));
    const Json* notification = core::JsonFind(*output, "NotificationConfig");
    if (notification == nullptr) return read;
    read.success_topic = NameIn(*notification, "SuccessTopic");
    read.error_topic = NameIn(*notification, "ErrorTopic");
    if (const Json* include = core::JsonFind(*notification, "IncludeInferenceResponseIn")) {
        for (const Json& in : include->as_array()) {
            if (in.as_string() == "SUCCESS_NOTIFICATION_TOPIC") read.success_has_answer = true;
            if (in.as_string() == "ERROR_NOTIFICATION_TOPIC") read.error_has_answer = true;
        }
    }
    return read;
}

}  // namespace gyre::serving::async
