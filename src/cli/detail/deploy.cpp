#include "cli/detail/deploy.h"

#include <algorithm>

#include "cli/detail/log_tail.h"

namespace gyre::cli::detail {
namespace {

using core::Code;
using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;

constexpr size_t kMaxName = 63;
constexpr core::milliseconds kFirstPause{100};
constexpr core::milliseconds kLongestPause{1000};
// Nothing is assumed of roles here; the API only requires that one is named.
constexpr const char* kRole = "arn:aws:iam::000000000000:role/gyre-deploy";

JsonArray TagsFor(const std::string& endpoint) {
    return {JsonObject{{"Key", kDeployedForTag}, {"Value", endpoint}}};
}

// What the endpoint's hosts printed last since then: a load that takes minutes says what it does.
class LastWord {
  public:
    LastWord(const Platform& platform, const std::string& endpoint, core::WallTime since)
        : tail_(platform, endpoint, 1), since_(since) {}

    // ": MESSAGE", or "" when nothing was printed.
    std::string Read() {
        const auto lines = tail_.Read();
        if (lines && !lines->empty() &&
            core::WallTime(core::milliseconds(lines->back().time_ms)) >= since_) {
            last_ = ": " + lines->back().message;
        }
        return last_;
    }

  private:
    LogTail tail_;
    const core::WallTime since_;
    std::string last_;
};

}  // namespace

std::string DatedName(const std::string& name, core::WallTime now) {
    std::string date = core::Iso8601(now);  // 2026-11-25T08:40:01.123Z
    date.pop_back();
    for (char& c : date) {
        if (c == 'T' || c == ':' || c == '.') c = '-';
    }
    std::string start = name.substr(0, kMaxName - date.size() - 1);
    while (start.ends_with('-')) start.pop_back();
    return start + "-" + date;
}

core::Status CheckEndpointName(const std::string& name) {
    const auto is_letter = [](unsigned char c) { return std::isalnum(c) != 0; };
    const bool good = !name.empty() && name.size() <= kMaxName && is_letter(name.front()) &&
                      is_letter(name.back()) &&
                      std::ranges::all_of(name, [&](char c) { return c == '-' || is_letter(c); });
    if (good) return {};
    return core::Fail(Code::kInvalidArgument,
                      "\"" + name +
                          "\" cannot be an endpoint's name: letters, digits and hyphens "
                          "between them, at most 63");
}

Result<Json> FindEndpoint(const Platform& platform, const std::string& name) {
    auto endpoint = platform.DescribeEndpoint(name);
    if (!endpoint && IsNotThere(endpoint.error())) return Json();
    if (!endpoint) return core::Fail(endpoint.error());
    const std::string status = core::JsonStringOr(*endpoint, "EndpointStatus");
    if (status != "InService" && status != "Failed") {
        return core::Fail(Code::kFailedPrecondition,
                          "endpoint " + name + " is " + status +
                              " and cannot be changed now; try again when `gyre endpoints " + name +
                              "` says InService or Failed");
    }
    return endpoint;
}

Result<std::string> StartDeployment(const Platform& platform, const DeployRequest& request,
                                    bool update, core::WallTime now) {
    std::string made = DatedName(request.name, now);
    JsonObject environment;
    for (const auto& [key, value] : request.environment) environment[key] = value;
    GYRE_TRY(platform.Call(
        "sagemaker", "CreateModel",
        JsonObject{{"ModelName", made},
                   {"ExecutionRoleArn", kRole},
                   {"PrimaryContainer", JsonObject{{"Image", request.image},
                                                   {"ModelDataUrl", request.model_url},
                                                   {"Environment", std::move(environment)}}},
                   {"Tags", TagsFor(request.name)}}));
    GYRE_TRY(platform.Call("sagemaker", "CreateEndpointConfig",
                           JsonObject{{"EndpointConfigName", made},
                                      {"ProductionVariants",
                                       JsonArray{JsonObject{{"VariantName", "main"},
                                                            {"ModelName", made},
                                                            {"InstanceType", "ml.m5.large"},
                                                            {"InitialInstanceCount", request.count},
                                                            {"InitialVariantWeight", 1}}}},
                                      {"Tags", TagsFor(request.name)}}));
    GYRE_TRY(
        platform.Call("sagemaker", update ? "UpdateEndpoint" : "CreateEndpoint",
                      JsonObject{{"EndpointName", request.name}, {"EndpointConfigName", made}}));
    return made;
}

Result<Json> WaitForEndpoint(const Platform& platform, const Session& session,
                             const std::string& name, const std::string& config,
                             Progress& progress) {
    const core::SteadyTime begun = session.clock.Now();
    core::milliseconds pause = kFirstPause;
    LastWord last_word(platform, name, session.clock.WallNow());
    while (true) {
        GYRE_ASSIGN(Json endpoint, platform.DescribeEndpoint(name));
        const std::string status = core::JsonStringOr(endpoint, "EndpointStatus");
        if (status == "InService" && core::JsonStringOr(endpoint, "EndpointConfigName") == config) {
            return endpoint;
        }
        if (status == "InService" || status == "Failed") {
            std::string reason = core::JsonStringOr(endpoint, "FailureReason");
            if (reason.empty()) reason = "no reason was given";
            return core::Fail(Code::kFailedPrecondition,
                              (status == "Failed" ? "endpoint " + name + " failed: "
                                                  : "the update of " + name +
                                                        " failed, and what served before "
                                                        "goes on serving: ") +
                                  reason + " (more: `gyre logs " + name + "`)");
        }
        const auto waited = std::chrono::duration_cast<core::seconds>(session.clock.Now() - begun);
        progress.Update(name + " is " + status + " … " + std::to_string(waited.count()) + " s" +
                        (session.err_is_terminal ? last_word.Read() : ""));
        session.pause(pause);
        pause = std::min(pause * 3 / 2, kLongestPause);
    }
}

}  // namespace gyre::cli::detail
