#include "cli/detail/log_tail.h"

#include <algorithm>

namespace gyre::cli::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;

constexpr std::string_view kGroupPrefix = "/aws/sagemaker/Endpoints/";
constexpr int kPage = 10'000;

// The names in all pages of `operation`.
Result<std::vector<std::string>> Names(const Platform& platform, const std::string& operation,
                                       JsonObject input, std::string_view list,
                                       std::string_view member) {
    std::vector<std::string> names;
    while (true) {
        GYRE_ASSIGN(const Json page, platform.Call("logs", operation, input));
        if (const Json* items = core::JsonFind(page, list)) {
            for (const Json& item : items->as_array())
                names.push_back(core::JsonStringOr(item, member));
        }
        const std::string next = core::JsonStringOr(page, "nextToken");
        if (next.empty()) return names;
        input["nextToken"] = next;
    }
}

}  // namespace

Result<std::vector<std::string>> LogTail::Groups() const {
    const std::string prefix = std::string(kGroupPrefix) + endpoint_;
    GYRE_ASSIGN(std::vector<std::string> groups,
                Names(platform_, "DescribeLogGroups", JsonObject{{"logGroupNamePrefix", prefix}},
                      "logGroups", "logGroupName"));
    if (!endpoint_.empty()) {
        std::erase_if(groups, [&](const std::string& group) { return group != prefix; });
    }
    return groups;
}

core::Status LogTail::ReadStream(const std::string& group, const std::string& stream,
                                 std::vector<LogLine>& into) {
    std::string& token = tokens_[{group, stream}];
    const bool tail = token.empty() && first_;
    while (true) {
        JsonObject input{{"logGroupName", group}, {"logStreamName", stream}};
        input["limit"] = tail ? std::min(lines_, kPage) : kPage;
        if (token.empty()) {
            input["startFromHead"] = !tail;
        } else {
            input["nextToken"] = token;
        }
        GYRE_ASSIGN(const Json page, platform_.Call("logs", "GetLogEvents", input));
        const Json* events = core::JsonFind(page, "events");
        const size_t count = events == nullptr ? 0 : events->as_array().size();
        for (size_t i = 0; i < count; ++i) {
            const Json& event = events->as_array()[i];
            into.push_back({core::JsonInt(event, "timestamp").value_or(0),
                            group.substr(kGroupPrefix.size()), stream,
                            core::JsonStringOr(event, "message")});
        }
        token = core::JsonStringOr(page, "nextForwardToken");
        if (tail || count == 0) return {};
    }
}

Result<std::vector<LogLine>> LogTail::Read() {
    std::vector<LogLine> lines;
    GYRE_ASSIGN(const std::vector<std::string> groups, Groups());
    for (const std::string& group : groups) {
        auto streams = Names(platform_, "DescribeLogStreams", JsonObject{{"logGroupName", group}},
                             "logStreams", "logStreamName");
        if (!streams && IsNotThere(streams.error())) continue;  // deleted since it was listed
        if (!streams) return core::Fail(streams.error());
        for (const std::string& stream : *streams) {
            auto read = ReadStream(group, stream, lines);
            if (!read && !IsNotThere(read.error())) return core::Fail(read.error());
        }
    }
    std::ranges::stable_sort(lines, {}, &LogLine::time_ms);
    if (first_ && lines.size() > static_cast<size_t>(lines_)) {
        lines.erase(lines.begin(), lines.end() - lines_);
    }
    first_ = false;
    return lines;
}

}  // namespace gyre::cli::detail
