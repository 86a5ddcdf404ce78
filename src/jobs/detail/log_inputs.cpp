#include "jobs/detail/log_inputs.h"

namespace gyre::jobs::detail {

std::string GroupArn(const wire::CallContext& context, const std::string& group) {
    return "arn:aws:logs:" + context.region + ":" + context.caller.account + ":log-group:" + group;
}

tl::unexpected<core::Error> BadParameter(std::string message) {
    return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                      std::move(message));
}

core::Result<std::string> GroupOf(const core::Json& input) {
    if (const auto name = core::JsonString(input, "logGroupName")) return std::string(*name);
    std::string group;
    for (const char* member : {"logGroupIdentifier", "resourceArn"}) {
        if (const auto text = core::JsonString(input, member)) group = *text;
    }
    if (const size_t at = group.find(":log-group:"); at != std::string::npos) {
        group.erase(0, at + std::string_view(":log-group:").size());
        if (group.ends_with(":*")) group.resize(group.size() - 2);
    }
    if (group.empty()) return BadParameter("logGroupName or logGroupIdentifier is required");
    return group;
}

std::string ResourceOfGroup(const wire::CallContext& context, const core::Json& input) {
    return GroupArn(context, GroupOf(input).value_or("*")) + ":*";
}

}  // namespace gyre::jobs::detail
