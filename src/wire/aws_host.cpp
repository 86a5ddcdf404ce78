#include "wire/aws_host.h"

#include <array>
#include <utility>

namespace gyre::wire {
namespace {

constexpr std::string_view kSuffix = ".amazonaws.com";

/// Endpoint prefixes that are not a service's name here.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kServices{{
    {"api.sagemaker", "sagemaker"},
    {"runtime.sagemaker", "sagemaker-runtime"},
    {"runtime-fips.sagemaker", "sagemaker-runtime"},
    {"monitoring", "cloudwatch"},
    {"rds", "neptune"},
}};

/// Takes `label` and the dot before it off the end; true when it was there.
bool TakeLast(std::string_view& name, std::string_view label) {
    if (name == label) {
        name = {};
        return true;
    }
    if (!name.ends_with(label) || name[name.size() - label.size() - 1] != '.') return false;
    name.remove_suffix(label.size() + 1);
    return true;
}

/// Whether `name` is S3's with a bucket before it, which is what is left of it.
bool TakeS3(std::string_view& name) {
    TakeLast(name, "dualstack");
    return TakeLast(name, "s3") || TakeLast(name, "s3-fips");
}

}  // namespace

std::optional<AwsHost> ParseAwsHost(std::string_view host) {
    std::string_view name = host.substr(0, host.find(':'));
    if (!name.ends_with(kSuffix) || name.size() == kSuffix.size()) return std::nullopt;
    name.remove_suffix(kSuffix.size());
    if (std::string_view bucket = name; TakeS3(bucket)) return AwsHost{"s3", {}, bucket};
    const size_t dot = name.rfind('.');
    const std::string_view last = name.substr(dot == std::string_view::npos ? 0 : dot + 1);
    std::string_view before = name.substr(0, dot == std::string_view::npos ? 0 : dot);
    if (last.starts_with("s3-")) return AwsHost{"s3", last.substr(3), before};
    if (std::string_view bucket = before; TakeS3(bucket)) return AwsHost{"s3", last, bucket};
    if (before.empty()) return AwsHost{last, {}, {}};
    for (const auto& [prefix, service] : kServices) {
        if (before == prefix) return AwsHost{service, last, {}};
    }
    return AwsHost{before, last, {}};
}

}  // namespace gyre::wire
